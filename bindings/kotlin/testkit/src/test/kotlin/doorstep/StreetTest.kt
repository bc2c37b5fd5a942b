package doorstep

import doorstep.testkit.Street
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import java.io.File
import java.time.Duration
import java.time.Instant
import java.util.UUID

/** 19:00 in the committee. */
val EVENING: Instant = Instant.parse("2026-11-25T11:00:00Z")

/** A test in the demo street. */
abstract class StreetTest {
    protected val street = Street(EVENING)
    protected val places = street.places
    protected val round: Round = Round.Plan(places.plan)
    private val phones = mutableListOf<Doorstep>()

    @AfterEach
    fun end() = runBlocking {
        phones.forEach { it.close() }
        street.close()
    }

    protected fun evening(block: suspend CoroutineScope.() -> Unit): Unit = runBlocking(block = block)

    /** A phone that is enrolled and holds the street. */
    protected suspend fun phone(seed: Long = 1, role: Role = Role.Volunteer, persons: Int = 1): Doorstep =
        street.phone(seed, role, persons).also { phones += it }

    /** A phone that belongs to nobody. */
    protected fun blank(seed: Long = 1, folder: File? = null): Doorstep =
        street.blankPhone(seed, folder).also { phones += it }

    protected suspend fun sync(phone: Doorstep): Summary =
        (SyncRunner(phone, street.link).run() as SyncOutcome.Done).summary

    /** A look at the bottle of a door. */
    protected fun look(door: Int = 0, seen: Seen = Seen.Normal, note: String? = null): NewLook =
        NewLook(places.bottles[door], seen, note)

    /** An e-bike in the stairwell. */
    protected fun hazard(level: Int = 1, note: String? = null): NewCase =
        NewCase(CaseClass.Hazard, "e_bike", places.stairwell, level = level.toUByte(), note = note)

    protected fun request(number: Long): Tap = Tap(UUID(0, number))

    protected fun hours(count: Long): Duration = Duration.ofHours(count)

    private companion object {
        init {
            // For the table of what is tested in which language.
            System.getenv("DOORSTEP_CROSSED")?.let { file ->
                Runtime.getRuntime().addShutdownHook(Thread { File(file).writeText(crossed().joinToString("\n")) })
            }
            // Tests that notice nothing test nothing.
            System.getenv("DOORSTEP_BREAK")?.let { breakOnPurpose(it) }
        }
    }
}

/** What [call] throws. */
suspend inline fun <reified E : Throwable> thrown(call: suspend () -> Any?): E {
    val given = try {
        call()
    } catch (error: Throwable) {
        if (error is E) return error
        throw error
    }
    throw AssertionError("no ${E::class.simpleName}: $given")
}
