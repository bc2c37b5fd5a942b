/*
 * What tests of an app stand on: phones in memory or in a folder, an office with a demo street, ways to it
 * that lose. `FakeClock`, `DemoOffice` and `FakeLink` below it are the library's, built for tests.
 */
package doorstep.testkit

import doorstep.Core
import doorstep.DemoOffice
import doorstep.DemoStreet
import doorstep.Doorstep
import doorstep.FakeClock
import doorstep.FakeLink
import doorstep.LinkException
import doorstep.OfficeLink
import doorstep.Role
import doorstep.SyncRunner
import doorstep.openForTest
import java.io.File
import java.time.Instant

/**
 * An office in memory with a street of 18 committees, a building with 24 doors, a bottle and an alarm
 * behind each. The same seed gives the same names.
 *
 * @param now What the [clock] shows at first.
 */
public class Street @JvmOverloads constructor(now: Instant, seed: Long = 7) : AutoCloseable {
    init {
        // Before the first of its calls; every other goes through the library's own layer.
        Doorstep.checkLibrary()
    }

    /** The clock of the office and of every phone here: it stands until the test moves it. */
    public val clock: FakeClock = FakeClock.at(now)

    /** The office. */
    public val office: DemoOffice = DemoOffice.make(clock, seed.toULong())

    /** Where there is something to do. */
    public val places: DemoStreet = office.street()

    /** The way to [office]. */
    public val link: OfficeLink = OfficeLink { _, request -> office.answer(request) }

    /** A way on which of 100 requests [losses] do not arrive, and as many lose their reply. */
    public fun losingLink(losses: Int, seed: Long): OfficeLink {
        val lossy = FakeLink.to(office, losses.toUByte(), seed.toULong())
        return OfficeLink { _, request ->
            lossy.carry(request) ?: throw LinkException.NotReachable("lost")
        }
    }

    /** An invitation of a new phone, for [persons] new persons. */
    @JvmOverloads
    public fun invitation(role: Role = Role.Volunteer, persons: Int = 1): String =
        office.invite(role, persons.toUInt())

    /** A phone that belongs to nobody: in [folder], or in memory and gone when it is closed. */
    @JvmOverloads
    public fun blankPhone(
        seed: Long = 1,
        folder: File? = null,
        marker: ByteArray = "phone $seed".toByteArray(),
    ): Doorstep = Doorstep.over(core(seed, folder, marker))

    /** A phone that is enrolled and holds the street, for [persons] new persons. */
    public suspend fun phone(
        seed: Long = 1,
        role: Role = Role.Volunteer,
        persons: Int = 1,
        folder: File? = null,
    ): Doorstep {
        val phone = blankPhone(seed, folder)
        phone.enrol(invitation(role, persons))
        SyncRunner(phone, link).run()
        return phone
    }

    /** Frees the office and the clock. */
    override fun close() {
        office.destroy()
        clock.destroy()
    }

    private fun core(seed: Long, folder: File?, marker: ByteArray): Core =
        openForTest(folder?.path, null, marker, clock, seed.toULong())
}
