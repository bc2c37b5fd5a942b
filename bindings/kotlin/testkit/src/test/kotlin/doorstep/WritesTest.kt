package doorstep

import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.awt.EventQueue
import java.io.File
import java.time.Duration
import java.util.concurrent.CompletableFuture
import kotlin.concurrent.thread
import kotlin.random.Random

/** Where calls run: the order of writes, cancelling, threads. */
class WritesTest : StreetTest() {
    @Test
    fun `a thousand pairs that nobody awaits land in the order of the calls`() = evening {
        val phone = phone()
        val low = Seen.Faults(listOf("pressure_low"))
        val waiting = List(PAIRS) { pair ->
            listOf(
                launch(start = CoroutineStart.UNDISPATCHED) { phone.check(round, look(pair % 24)) },
                launch(start = CoroutineStart.UNDISPATCHED) { phone.check(round, look(pair % 24, low, "$pair")) },
            )
        }
        waiting.flatten().joinAll()
        for (door in 0 until 24) {
            val notes = phone.asset(places.bottles[door]).history.reversed().map { it.note }
            assertEquals((door until PAIRS step 24).flatMap { listOf(null, "$it") }, notes)
        }
    }

    @Test
    fun `a write whose caller is cancelled at once is on the disk`(@TempDir folder: File) = evening {
        val phone = blank(1, folder)
        // Those before it in the queue take longer than the few steps up to the cancelling.
        repeat(200) { launch(start = CoroutineStart.UNDISPATCHED) { phone.setDraft("before $it", "…") } }
        val caller = launch(start = CoroutineStart.UNDISPATCHED) {
            phone.setDraft("where", "三楼")
            error("it did not wait")
        }
        caller.cancelAndJoin()
        phone.close()
        assertEquals("三楼", blank(1, folder).draft("where"))
    }

    @Test
    fun `the tap of a cancelled write tells whether it is written`() = evening {
        val phone = phone()
        val tap = request(5)
        launch(start = CoroutineStart.UNDISPATCHED) { phone.check(round, look(), tap) }.cancelAndJoin()
        val again = phone.check(round, look(), tap)
        assertEquals(listOf(again), phone.asset(places.bottles[0]).history.map { it.check })
        assertEquals(1uL, phone.counters().onlyHere)
    }

    @Test
    fun `what a list holds at the call is written, whatever becomes of the list`() = evening {
        val phone = phone()
        val looks = mutableListOf(look(0))
        val caller = launch(start = CoroutineStart.UNDISPATCHED) { phone.check(round, looks) }
        looks.clear()
        caller.join()
        assertEquals(1, phone.asset(places.bottles[0]).history.size)
    }

    @Test
    fun `what the lists in a form hold at the call is written, whatever becomes of the form`() = evening {
        val (phone, photo) = phone(role = Role.Clerk) to PhotoHash("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")
        val form = mutableListOf<MutableList<*>>()
        fun <T> field(filled: T) = mutableListOf(filled).also { form += it }

        // The writer is busy at the call, and the form is emptied before its turn comes.
        suspend fun <T> called(write: suspend () -> T): T {
            repeat(200) { launch(start = CoroutineStart.UNDISPATCHED) { phone.setDraft("before $it", "…") } }
            val answer = async(start = CoroutineStart.UNDISPATCHED) { write() }
            form.forEach { it.clear() }
            return answer.await()
        }
        val low = Seen.Faults(listOf("pressure_low"))
        val check = called {
            phone.check(round, look(0, Seen.Faults(field("pressure_low"))).copy(photos = field(photo)))
        }
        val looked = phone.asset(places.bottles[0]).history.single()
        assertEquals(low to listOf(photo), looked.result to looked.photos)
        called { phone.correct(check, Right.Check(Seen.Faults(field("hose_damaged"))), "看错了") }
        val hose = Seen.Faults(listOf("hose_damaged"))
        assertEquals(hose, phone.asset(places.bottles[0]).asset.result)
        val case = called { phone.found(hazard().copy(photos = field(photo)), Fix(photos = field(photo))) }
        assertEquals(List(2) { listOf(photo) }, phone.case(case).events.map { it.photos })
        val open = phone.found(hazard())
        called { phone.caseStep(open, NewStep(CaseEvent.Reported, "已清", photos = field(photo)), allowClaim = true) }
        assertEquals(listOf(photo), phone.case(open).events.last().photos)
        val targets = Targets(field(places.doors[0]), field(places.bottles[0]))
        val today = called { phone.openRound(places.building, targets = targets) }
        assertEquals(1u to 1u, phone.coverage(places.committee, today).total.run { doors to assets })
    }

    @Test
    fun `the stream of changes begins with what is, and ends with the replica and with its collector`() = evening {
        val phone = phone()
        val before = phone.change()
        val listening = CompletableDeferred<Unit>()
        val heard = CompletableDeferred<List<Long>>()
        launch {
            heard.complete(
                buildList {
                    phone.changes.collect {
                        listening.complete(Unit)
                        add(it)
                    }
                },
            )
        }
        val cancelled = launch { phone.changes.collect { awaitCancellation() } }
        listening.await()
        cancelled.cancelAndJoin()
        phone.check(round, look())
        assertEquals(before + 1, withTimeout(30_000) { phone.changes.first { it > before } })
        phone.close()
        val numbers = withTimeout(30_000) { heard.await() }
        assertEquals(before, numbers.first())
        assertEquals(before + 1, numbers.last())
        thrown<DoorstepException.Closed> { phone.changes.drop(1).toList() }
    }

    @Test
    fun `an exchange is cancelled between its steps and goes on later`() = evening {
        val phone = phone()
        phone.check(round, look())
        val reached = CompletableDeferred<Unit>()
        val never = OfficeLink { _, _ ->
            reached.complete(Unit)
            awaitCancellation()
        }
        val exchange = launch { SyncRunner(phone, never).run() }
        reached.await()
        exchange.cancelAndJoin()
        assertEquals(1uL, sync(phone).confirmed)
        assertEquals(0uL, phone.counters().onlyHere)
    }

    @Test
    fun `a run whose time is up says how far it came, and the next goes on`() = evening {
        val phone = phone()
        phone.check(round, look())
        val slow = OfficeLink { _, _ -> awaitCancellation() }
        val spent = SyncRunner(phone, slow).run(SyncBudget(time = Duration.ofMillis(50)))
        assertEquals(SyncOutcome.Spent(SyncProgress(0, 0)), spent)
        assertEquals(1uL, sync(phone).confirmed)
    }

    @Test
    fun `a run within few bytes gets on each time until nothing is left`() = evening {
        val phone = phone()
        // More than one request holds, and nothing that packs well.
        val random = Random(7)
        val note = { String(CharArray(900) { '一' + random.nextInt(20_000) }) }
        repeat(4) { phone.check(round, (0 until 24).map { door -> look(door, note = note()) }) }
        val told = mutableListOf<SyncProgress>()
        var runs = 0
        while (SyncRunner(phone, street.link).run(SyncBudget(bytes = 1), told::add) is SyncOutcome.Spent) {
            runs += 1
            assertTrue(runs < 100)
        }
        assertEquals(0uL, phone.counters().onlyHere)
        assertTrue(told.all { it.roundTrips <= 2 && it.bytes > 0 })
        assertTrue(runs > 0)
    }

    @Test
    fun `errors come to whoever waits, and the queue goes on`() = evening {
        val phone = phone()
        thrown<DoorstepException.NotFound> { phone.asset(AssetId("AAAAAAAAAAAAAAAA")) }
        thrown<DoorstepException.Refused> { phone.undoLast() }
        phone.check(round, look())
    }

    @Test
    fun `no call runs on the caller's thread`() = evening {
        val phone = phone()
        val busy = CompletableFuture<Unit>()
        // The caller's one thread is blocked until the write is on the disk: seen from another.
        val writer = launch(start = CoroutineStart.UNDISPATCHED) { phone.setDraft("where", "三楼") }
        thread {
            BlockingDoorstep(phone).use { other ->
                while (other.draft("where") == null) Thread.onSpinWait()
                busy.complete(Unit)
            }
        }
        busy.get(30, java.util.concurrent.TimeUnit.SECONDS)
        writer.join()
    }

    @Test
    fun `entry points that block refuse the UI thread and then have done nothing`() = evening {
        val phone = phone()
        val blocking = BlockingDoorstep(phone)
        blocking.check(round, look())
        val refusal = CompletableFuture<Throwable?>()
        EventQueue.invokeAndWait { refusal.complete(runCatching { blocking.check(round, look(1)) }.exceptionOrNull()) }
        assertTrue(refusal.get() is IllegalStateException, "${refusal.get()}")
        android.os.Looper.mine = android.os.Looper.getMainLooper()
        try {
            thrown<IllegalStateException> { blocking.today() }
            // The same replica for coroutines is for every thread.
            assertEquals(1, phone.today().size)
        } finally {
            android.os.Looper.mine = null
        }
        assertEquals(1uL, phone.counters().onlyHere)
    }

    @Test
    fun `interrupting a thread that waits ends the waiting and not the write`(@TempDir folder: File) = evening {
        val blocking = BlockingDoorstep(blank(1, folder))
        val ended = CompletableFuture<Throwable?>()
        thread {
            Thread.currentThread().interrupt()
            ended.complete(runCatching { blocking.setDraft("where", "三楼") }.exceptionOrNull())
        }
        assertTrue(withContext(Dispatchers.IO) { ended.get() } is InterruptedException)
        coroutineScope { blocking.close() }
        assertEquals("三楼", blank(1, folder).draft("where"))
    }

    private companion object {
        const val PAIRS = 1_000
    }
}
