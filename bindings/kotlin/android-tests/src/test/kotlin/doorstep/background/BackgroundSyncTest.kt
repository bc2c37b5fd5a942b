package doorstep.background

import android.app.Application
import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.net.NetworkCapabilities
import android.os.Looper
import doorstep.Doorstep
import doorstep.KeyWrap
import doorstep.LinkException
import doorstep.NewLook
import doorstep.OfficeLink
import doorstep.ReplicaHome
import doorstep.Round
import doorstep.Seen
import doorstep.SharedReplica
import doorstep.SyncProgress
import doorstep.SyncRunner
import doorstep.testkit.Street
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ServiceController
import org.robolectric.annotation.Config
import java.io.File
import java.io.IOException
import java.security.GeneralSecurityException
import java.security.ProviderException
import java.time.Duration
import java.time.Instant
import java.util.concurrent.CancellationException
import java.util.concurrent.TimeoutException
import kotlin.random.Random

/** An app whose way to the office a test decides. */
class App : Application(), SyncsInBackground {
    override lateinit var replica: SharedReplica
    override var link: OfficeLink = OfficeLink { _, _ -> throw AssertionError("no way was set") }
    var end = CompletableDeferred<SyncEnd>()

    override fun ended(end: SyncEnd) {
        this.end.complete(end)
    }
}

/** Stands for the Keystore; locked or busy, it unwraps nothing. */
private class Keystore : KeyWrap {
    var isLocked = false
    var isBusy = false

    override fun wrap(secret: ByteArray) = secret.map { (it.toInt() xor 0x5a).toByte() }.toByteArray()

    override fun unwrap(wrapped: ByteArray) = when {
        isLocked -> throw GeneralSecurityException("locked")
        isBusy -> throw ProviderException("busy")
        else -> wrap(wrapped)
    }
}

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], application = App::class)
class BackgroundSyncTest {
    @get:Rule
    val device = TemporaryFolder()

    private val street = Street(Instant.now())
    private val keystore = Keystore()
    private val app get() = RuntimeEnvironment.getApplication() as App
    private val scheduler get() = app.getSystemService(JobScheduler::class.java)
    private val jobs get() = scheduler.allPendingJobs
    private val home by lazy { ReplicaHome(File(device.root, "doorstep"), keystore, encrypts = false) }

    @Before
    fun evening() {
        val app = RuntimeEnvironment.getApplication() as? App ?: return
        app.replica = SharedReplica(home)
        app.link = street.link
        app.end = CompletableDeferred()
    }

    @After
    fun end() = street.close()

    /** A phone that holds the street and has looked at [looks] bottles that nobody knows of. */
    private fun pending(looks: Int) = inReplica { phone ->
        phone.enrol(street.invitation())
        SyncRunner(phone, street.link).run()
        phone.check(Round.Plan(street.places.plan), street.places.bottles.take(looks).map { NewLook(it, Seen.Normal) })
    }

    private fun <R> inReplica(block: suspend (Doorstep) -> R): R = runBlocking {
        app.replica.use({ throw AssertionError("$it was set aside") }, block)
    }

    private fun onlyHere() = inReplica { it.counters().onlyHere.toInt() }

    private fun parameters(plan: SyncPlan = SyncPlan()): JobParameters {
        val extras = plan.toExtras()
        return JobParameters(null, null, 7, extras, null, null, 0, false, false, false, null, null, null)
    }

    /** Starts the job as the system does, and waits for its end. */
    private fun run(plan: SyncPlan = SyncPlan()): Pair<SyncEnd, ServiceController<SyncJob>> {
        app.end = CompletableDeferred()
        val service = Robolectric.buildService(SyncJob::class.java).create()
        assertTrue("there is more to do than in this call", service.get().onStartJob(parameters(plan)))
        return runBlocking { withTimeout(20_000) { app.end.await() } }.also { shadowOf(Looper.getMainLooper()).idle() } to service
    }

    private fun ServiceController<SyncJob>.told() =
        shadowOf(get()).run { isJobFinished to (isJobFinished && isRescheduleNeeded) }

    @Test
    fun `what was recorded goes up, and the folder is let go of`() {
        pending(3)
        assertEquals(3, onlyHere())
        val (end, service) = run()
        assertTrue("$end", end is SyncEnd.Done)
        assertEquals(FINISHED, service.told())
        assertEquals(0, onlyHere())
        runBlocking { home.open().doorstep.close() }
        assertEquals(emptyList<JobInfo>(), jobs)
    }

    @Test
    fun `a screen that is open and the background use one replica`() = inReplica { phone ->
        phone.enrol(street.invitation())
        val (end, _) = run()
        assertTrue("$end", end is SyncEnd.Done)
        assertEquals(street.places.committee, phone.today().single().area)
    }

    @Test
    fun `jobs need a network, outlive a restart and wait longer after each failure`() {
        val sync = BackgroundSync(app, 40)
        sync.keepUp(SyncPlan(every = Duration.ofHours(2), unmeteredOnly = true))
        sync.soon(SyncPlan(backoff = Duration.ofSeconds(45)), Duration.ofSeconds(5))
        val (often, once) = jobs.sortedBy { it.id }
        assertEquals(listOf(40, 41), listOf(often.id, once.id))
        assertEquals(SyncJob::class.java.name, often.service.className)
        assertEquals(7_200_000L, often.intervalMillis)
        val free = { job: JobInfo -> job.requiredNetwork!!.hasCapability(NetworkCapabilities.NET_CAPABILITY_NOT_METERED) }
        assertEquals(listOf(true, false), listOf(often, once).map(free))
        assertTrue(often.isPersisted && once.isPersisted)
        assertEquals(5_000L, once.minLatencyMillis)
        assertEquals(45_000L to JobInfo.BACKOFF_POLICY_EXPONENTIAL, once.initialBackoffMillis to once.backoffPolicy)
        sync.cancel()
        assertEquals(emptyList<JobInfo>(), jobs)
    }

    @Test
    fun `asked again with the same plan, what waits is left as it is`() {
        val sync = BackgroundSync(app, 40)
        sync.keepUp()
        val first = jobs.single()
        sync.keepUp()
        assertTrue(first === jobs.single())
        sync.keepUp(SyncPlan(bytes = 1))
        assertEquals(1L, SyncPlan.of(jobs.single().extras).bytes)
    }

    @Test
    fun `what a run asks for has the numbers that its app chose`() {
        BackgroundSync(app, 40).keepUp()
        BackgroundSync.of(app, jobs.single().extras).soon()
        assertEquals(setOf(40, 41), jobs.map { it.id }.toSet())
    }

    @Test
    fun `a plan is read from its job as it was`() {
        val plan = SyncPlan(Duration.ofHours(3), Duration.ofMinutes(2), 5, true, Duration.ofSeconds(77))
        assertEquals(plan, SyncPlan.of(plan.toExtras()))
    }

    @Test
    fun `without a way to the office it is tried again, and nothing is lost`() {
        pending(3)
        app.link = OfficeLink { _, _ -> throw LinkException.NotReachable("no network") }
        val (end, service) = run()
        assertTrue("$end", (end as SyncEnd.Later).why is LinkException.NotReachable)
        assertEquals(AGAIN, service.told())
        assertEquals(3, onlyHere())
    }

    @Test
    fun `an office with too much to do is left alone as long as it asks`() {
        pending(1)
        app.link = OfficeLink { _, _ -> throw LinkException.Busy(Duration.ofSeconds(90)) }
        val (_, service) = run()
        assertEquals(FINISHED, service.told())
        assertEquals(90_000L, jobs.single().minLatencyMillis)
    }

    @Test
    fun `whatever else goes wrong is tried again, and the app goes on`() {
        pending(1)
        val why = { (run().first as SyncEnd.Later).why }
        for (odd in listOf(IOException("an app's own link"), TimeoutException(), CancellationException("a link's own"))) {
            app.link = OfficeLink { _, _ -> throw odd }
            assertEquals(odd, why())
        }
        app.link = street.link
        keystore.isBusy = true
        assertTrue(why() is ProviderException)
        keystore.isBusy = false
        assertTrue(run().first is SyncEnd.Done)
    }

    @Test
    fun `what somebody has to put right is not tried again`() {
        pending(1)
        app.link = OfficeLink { _, _ -> throw LinkException.BadAddress("ftp://office") }
        val (end, service) = run()
        assertEquals("transport.bad_address", ((end as SyncEnd.Refused).why as LinkException).code)
        assertEquals(FINISHED, service.told())
        assertEquals(emptyList<JobInfo>(), jobs)
    }

    @Test
    fun `runs with few bytes each go on at once and end with everything sent`() {
        pending(1)
        val random = Random(7)
        val note = { String(CharArray(900) { '一' + random.nextInt(20_000) }) }
        inReplica { phone ->
            repeat(4) { phone.check(Round.Plan(street.places.plan), street.places.bottles.map { NewLook(it, Seen.Normal, note = note()) }) }
        }
        val plan = SyncPlan(bytes = 1)
        val runs = generateSequence { run(plan) }.take(20).takeWhile { (end, _) -> end is SyncEnd.Spent }.toList()
        assertTrue("${runs.size} runs", runs.size in 1..19)
        assertTrue(runs.all { (_, service) -> service.told() == FINISHED })
        assertEquals(plan, SyncPlan.of(jobs.single().extras))
        assertEquals(0L, jobs.single().minLatencyMillis)
        assertEquals(0, onlyHere())
    }

    @Test
    fun `a run that takes too long and got nowhere waits longer each time`() {
        pending(1)
        app.link = OfficeLink { _, _ -> awaitCancellation() }
        val (end, service) = run(SyncPlan(time = Duration.ofMillis(1)))
        assertEquals(SyncEnd.Spent(SyncProgress(0, 0)), end)
        assertEquals(AGAIN, service.told())
        assertEquals(emptyList<JobInfo>(), jobs)
    }

    /** A run that hangs at an office which never answers; `cut` tells that it was cancelled. */
    private fun waitingForever(cut: CompletableDeferred<Unit>): ServiceController<SyncJob> {
        val begun = CompletableDeferred<Unit>()
        app.link = OfficeLink { _, _ ->
            begun.complete(Unit)
            try {
                awaitCancellation()
            } finally {
                cut.complete(Unit)
            }
        }
        val service = Robolectric.buildService(SyncJob::class.java).create()
        service.get().onStartJob(parameters())
        runBlocking { withTimeout(20_000) { begun.await() } }
        return service
    }

    @Test
    fun `what the system stops is cut at once, lets go of the folder and can go on`() {
        pending(2)
        val cut = CompletableDeferred<Unit>()
        val service = waitingForever(cut)
        assertTrue("it is asked for again", service.get().onStopJob(parameters()))
        runBlocking { withTimeout(20_000) { cut.await() } }
        shadowOf(Looper.getMainLooper()).idle()
        assertFalse(app.end.isCompleted)
        assertFalse(shadowOf(service.get()).isJobFinished)
        app.link = street.link
        assertTrue(run().first is SyncEnd.Done)
        assertEquals(0, onlyHere())
    }

    @Test
    fun `of a run that was stopped at its end nothing is told`() {
        pending(1)
        val service = Robolectric.buildService(SyncJob::class.java).create()
        service.get().onStartJob(parameters())
        runBlocking { withTimeout(20_000) { app.end.await() } }
        service.get().onStopJob(parameters())
        shadowOf(Looper.getMainLooper()).idle()
        assertFalse(shadowOf(service.get()).isJobFinished)
    }

    @Test
    fun `the end of the service ends its runs`() {
        pending(1)
        val cut = CompletableDeferred<Unit>()
        val service = waitingForever(cut)
        service.destroy()
        runBlocking { withTimeout(20_000) { cut.await() } }
    }

    @Test
    fun `in the background nothing is made and nothing set aside`() {
        val (end, service) = run()
        assertEquals(SyncEnd.Later(null, null), end)
        assertEquals(AGAIN, service.told())
        assertEquals(emptyList<String>(), device.root.list()!!.toList())
        pending(1)
        keystore.isLocked = true
        assertEquals(SyncEnd.Later(null, null), run().first)
        assertEquals(listOf("doorstep"), device.root.list()!!.toList())
        keystore.isLocked = false
        assertTrue(run().first is SyncEnd.Done)
    }

    @Test
    @Config(application = Application::class)
    fun `an application that says nothing is told what is missing`() {
        val service = Robolectric.buildService(SyncJob::class.java).create()
        val error = runCatching { service.get().onStartJob(parameters()) }.exceptionOrNull()
        assertTrue("$error", error is IllegalStateException && "SyncsInBackground" in error.message!!)
    }

    @Test
    fun `the manifest of the library has the service and what its jobs need`() {
        val manifest = File(System.getProperty("doorstep.docs"), "../bindings/kotlin/android/AndroidManifest.xml").readText()
        assertTrue("android:name=\"${SyncJob::class.java.name}\"" in manifest)
        assertTrue("android:permission=\"android.permission.BIND_JOB_SERVICE\"" in manifest)
        for (needed in listOf("INTERNET", "ACCESS_NETWORK_STATE", "RECEIVE_BOOT_COMPLETED")) {
            assertTrue(needed, "\"android.permission.$needed\"" in manifest)
        }
    }

    private companion object {
        /** Finished, and to be tried again with the backoff. */
        val FINISHED = true to false
        val AGAIN = true to true
    }
}
