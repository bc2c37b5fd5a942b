/*
 * An open replica for coroutines: what an app calls. Where calls run is in Work.kt, what they mean is the
 * library's.
 */
package doorstep

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.withContext
import java.io.File
import java.time.Instant
import java.util.UUID
import kotlin.coroutines.cancellation.CancellationException

/**
 * A replica, open for this process: one a folder, held as long as the app lives.
 *
 * **Threads.** Nothing here blocks the caller's thread, so any may call, the UI thread too.
 *
 * **Writes** take a [Tap]. They join one queue in the order in which they are called, before they suspend
 * for the first time, and return when they are on the disk. Cancelling the caller ends the waiting, never
 * the write; the same tap again tells: it gives the same result and writes nothing. A write that throws
 * has written nothing, but for [DoorstepException.Broken] and [DoorstepException.Store]: there the same
 * tap again tells.
 *
 * **Reads** see every write that has returned. They, waits and exchanges end when their caller is
 * cancelled.
 *
 * **Errors** are [DoorstepException]s. Every call throws [DoorstepException.Closed] after [close], or
 * between [pause] and [resume].
 *
 * **Texts** may hold anything: half a surrogate is replaced by U+FFFD, NUL is left out. A text over its
 * limit is refused with `text.too_long`, its limit in the details, and stays with the caller.
 */
public class Doorstep private constructor(private val core: Core) {
    private val work = Work(core)

    // Life

    /** Ends the replica for good, after the writes that stand in the queue. Twice is once. */
    public suspend fun close(): Unit = work.close()

    /** Runs [block] and closes the replica, whatever happens in it. */
    public suspend fun <R> use(block: suspend (Doorstep) -> R): R = ending({ close() }) { block(this) }

    /**
     * Enrols with the text of an invitation. Works without a network.
     *
     * @throws DoorstepException.Refused `enrol.…`: no invitation, or an old one.
     */
    public suspend fun enrol(invitation: String): Unit = work.write { it.enrol(invitation.sound()) }

    /** Who this replica writes as; `null` before it is enrolled. */
    public suspend fun enrolled(): Enrolled? = work.read { it.enrolled() }

    /** Also holds the feed of [area] from the next exchange on. */
    public suspend fun subscribe(area: AreaId): Unit = work.write { it.subscribe(area) }

    /** Makes everything pending ready to be handed on: when the app goes to the background. */
    public suspend fun seal(): Unit = work.write { it.seal() }

    /** Ends every call, after the writes in the queue, before the system suspends the app. */
    public suspend fun pause(): Unit = work.write { it.pause() }

    /** Lets calls in again after [pause]. */
    public suspend fun resume(): Unit = work.write { it.resume() }

    /** Now, as this replica stamps what is written: it counts the phone's sleep, and no setting moves it. */
    public suspend fun now(): Instant = work.read { it.now() }

    /** How many of this device's entries are where. */
    public suspend fun counters(): Counters = work.read { it.counters() }

    /** Versions, numbers and states as JSON, for a developer; nothing that anybody typed. */
    public suspend fun diagnosis(): String = work.read { it.diagnosis() }

    /** Takes up to [most] lines out of the log, the oldest first. Nothing personal stands in them. */
    public suspend fun takeLog(most: Int = LINES): LogLines = work.read { it.takeLog(most.toCount()) }

    /** Lines that matter less are left out from now on. At first this is [LogLevel.INFO]. */
    public suspend fun setLogLevel(least: LogLevel): Unit = work.read { it.setLogLevel(least) }

    // Changes

    /** The number of the last change. */
    public suspend fun change(): Long = work.read { it.change().toLong() }

    /**
     * The number of the last change at once, then whenever something changed, until the replica is closed:
     * a screen asks anew at each. Changes that come together are told once. Takes no thread between.
     */
    public val changes: Flow<Long> = flow {
        val stream = core.ask { it.changes() }
        try {
            emit(core.ask { it.change() }.toLong())
            while (true) emit((ownErrors { stream.next() } ?: break).toLong())
        } finally {
            stream.cancel()
            stream.destroy()
        }
    }.flowOn(Dispatchers.IO).conflate()

    // Drafts

    /**
     * Keeps a small local text under a key; never sent.
     *
     * @throws DoorstepException.Refused `draft.too_long`.
     */
    public suspend fun setDraft(key: String, value: String): Unit =
        work.write { it.setDraft(key.sound(), value.sound()) }

    /** The text kept under a key. */
    public suspend fun draft(key: String): String? = work.read { it.draft(key.sound()) }

    /** The keys of drafts that begin so. */
    public suspend fun draftKeys(prefix: String = ""): List<String> = work.read { it.draftKeys(prefix.sound()) }

    /** Forgets a draft. */
    public suspend fun removeDraft(key: String): Unit = work.write { it.removeDraft(key.sound()) }

    // At the doors

    /**
     * Opens a round of a building: the one of [plan], whose list is frozen; without it today's, with
     * [targets] or else everything known in the building.
     */
    public suspend fun openRound(
        building: PlaceId,
        plan: EntryId? = null,
        targets: Targets? = null,
        tap: Tap = tap(),
    ): Round {
        val given = targets?.sound()
        return work.write { it.openRound(tap, building, plan, given) }
    }

    /** Records an attempt at a door. */
    public suspend fun visit(place: PlaceId, round: Round, visit: NewVisit, tap: Tap = tap()): EntryId {
        val given = visit.sound()
        return work.write { it.visit(tap, place, round, given) }
    }

    /** Records looks at assets, all or none. */
    public suspend fun check(round: Round, looks: List<NewLook>, tap: Tap = tap()): List<EntryId> {
        val given = looks.map { it.sound() }
        return work.write { it.check(tap, round, given) }
    }

    /** Records one look at one asset. */
    public suspend fun check(round: Round, look: NewLook, tap: Tap = tap()): EntryId =
        check(round, listOf(look), tap).single()

    /** 全部正常 at these places and below them; with [answered] their doors are visited too. */
    public suspend fun allNormal(
        round: Round,
        places: List<PlaceId>,
        answered: Boolean = true,
        tap: Tap = tap(),
    ): List<EntryId> {
        val given = places.toList()
        return work.write { it.allNormal(tap, round, given, answered) }
    }

    /**
     * Puts right what a check or a visit said; the old one is kept.
     *
     * @throws DoorstepException.Refused `correct.no_reason` without one.
     */
    public suspend fun correct(of: EntryId, right: Right, reason: String, tap: Tap = tap()): EntryId {
        val given = right.sound()
        return work.write { it.correct(tap, of, given, reason.sound()) }
    }

    /** Takes back the last write that is not taken back yet. */
    public suspend fun undoLast(tap: Tap = tap()): List<EntryId> = work.write { it.undoLast(tap) }

    /** How many writes can be taken back. */
    public suspend fun undoDepth(): Int = work.read { it.undoDepth().toInt() }

    // Cases

    /** Records a hazard or a repair, and with [fix] that it was put right on the spot. */
    public suspend fun found(case: NewCase, fix: Fix? = null, tap: Tap = tap()): CaseId {
        val (given, fixed) = case.sound() to fix?.sound()
        return work.write { it.found(tap, given, fixed) }
    }

    /** Takes a step of a case. With [allowClaim] a step that is not legal here is recorded as a claim. */
    public suspend fun caseStep(
        id: CaseId,
        step: NewStep,
        allowClaim: Boolean = false,
        tap: Tap = tap(),
    ): EntryId {
        val given = step.sound()
        return work.write { it.caseStep(tap, id, given, allowClaim) }
    }

    /** Settles a dispute between checks of one asset; it names every check that the decider saw. */
    public suspend fun decide(
        asset: AssetId,
        names: List<EntryId>,
        seen: Seen,
        reason: String? = null,
        tap: Tap = tap(),
    ): EntryId {
        val (given, decided) = names.toList() to seen.sound()
        return work.write { it.decide(tap, asset, given, decided, reason?.sound()) }
    }

    /** Says that two places, assets or cases are one, or with [split] that they are not after all. */
    public suspend fun sameAs(one: Subject, other: Subject, split: Boolean = false, tap: Tap = tap()): EntryId =
        work.write { it.sameAs(tap, one, other, split) }

    // The register

    /** Adds a place: a building in [area] or else in the grant's; what has a parent stands in it. */
    public suspend fun addPlace(place: NewPlace, area: AreaId? = null, tap: Tap = tap()): PlaceId {
        val given = place.sound()
        return work.write { it.addPlace(tap, area, given) }
    }

    /** Adds an asset at a place, with its label if one is stuck on. */
    public suspend fun addAsset(asset: NewAsset, tap: Tap = tap()): AssetId {
        val given = asset.sound()
        return work.write { it.addAsset(tap, given) }
    }

    /** Gives a field a value. It replaces every value that is known here, so a form shows them all before. */
    public suspend fun setField(subject: Subject, value: NewValue, tap: Tap = tap()): EntryId {
        val given = value.sound()
        return work.write { it.setField(tap, subject, given) }
    }

    /** The label to stick on next. Using it moves on. */
    public suspend fun nextLabel(): String = work.read { it.nextLabel() }

    /** Adds words or photos to anything. */
    public suspend fun note(
        subject: Subject,
        text: String,
        photos: List<PhotoHash> = emptyList(),
        tap: Tap = tap(),
    ): EntryId {
        val given = photos.toList()
        return work.write { it.note(tap, subject, text.sound(), given) }
    }

    /** Records what was done to an asset: its state follows from it. */
    public suspend fun service(asset: AssetId, service: NewService, tap: Tap = tap()): EntryId {
        val given = service.sound()
        return work.write { it.service(tap, asset, given) }
    }

    /** Records what a household or point got of a batch. */
    public suspend fun handout(place: PlaceId, handout: NewHandout, tap: Tap = tap()): EntryId {
        val given = handout.sound()
        return work.write { it.handout(tap, place, given) }
    }

    // Screens

    /** The areas that this replica holds. */
    public suspend fun areas(): List<AreaId> = work.read { it.areas() }

    /** Every area that the organisation declared. */
    public suspend fun declaredAreas(): List<DeclaredArea> = work.read { it.declaredAreas() }

    /** Today's numbers of these areas, or of all that are held. */
    public suspend fun today(areas: List<AreaId>? = null): List<AreaToday> {
        val given = areas?.toList()
        return work.read { it.today(given ?: it.areas()) }
    }

    /** SHA-256 over an area's rows: equal on every replica that knows the same. */
    public suspend fun checksum(area: AreaId): ByteArray = work.read { it.checksum(area) }

    /** The plan of the doors (楼盘表) of a stairwell or building, in this round. */
    public suspend fun doorPlan(at: PlaceId, round: Round? = null): DoorPlan = work.read { it.doorPlan(at, round) }

    /** The places in a place, or an area's that stand in none: at most [limit] after [after]. */
    public suspend fun places(
        area: AreaId,
        parent: PlaceId? = null,
        after: String? = null,
        limit: Int = PAGE,
    ): PlaceRows = work.read { it.places(area, parent, after?.sound(), limit.toCount()) }

    /** The name of a place, after that of the building it is in. */
    public suspend fun placeName(place: PlaceId): String? = work.read { it.placeName(place) }

    /** The assets of an area, by type: at most [limit] after [after]. */
    public suspend fun assets(
        area: AreaId,
        filter: AssetFilter = AssetFilter(),
        after: String? = null,
        limit: Int = PAGE,
    ): AssetRows = work.read { it.assets(area, filter.sound(), after?.sound(), limit.toCount()) }

    /** One asset with its history, disputed fields and what it is owed. */
    public suspend fun asset(id: AssetId): AssetPage = work.read { it.asset(id) }

    /** Everything that bears this label code: one thing, where labels are stuck on well. */
    public suspend fun bearers(label: String): List<Bearer> = work.read { it.bearers(label.sound()) }

    /** The cases of an area, the latest found first: at most [limit] after [after]. */
    public suspend fun cases(
        area: AreaId,
        filter: CaseFilter = CaseFilter.OPEN,
        after: String? = null,
        limit: Int = PAGE,
    ): CaseRows = work.read { it.cases(area, filter, after?.sound(), limit.toCount()) }

    /** One case with its events. */
    public suspend fun case(id: CaseId): CasePage = work.read { it.case(id) }

    /** The disputes that wait at an area's desk, the oldest first: at most [limit] after [after]. */
    public suspend fun disputes(area: AreaId, after: String? = null, limit: Int = PAGE): DisputeRows =
        work.read { it.disputes(area, after?.sound(), limit.toCount()) }

    /** The planned rounds of an area that have begun and are not closed, the one that ends first first. */
    public suspend fun openRounds(area: AreaId): List<RoundView> = work.read { it.openRounds(area) }

    /** How far a round has come. */
    public suspend fun coverage(area: AreaId, round: Round): Coverage = work.read { it.coverage(area, round) }

    /** What forms of an area offer: types, faults, hazards, with their words. */
    public suspend fun forms(area: AreaId): Forms = work.read { it.forms(area) }

    // Handing on

    /** Where the office is, and which keys it may have. [SyncRunner] asks for it. */
    public suspend fun officeAddress(): OfficeAddress = work.read { it.officeAddress() }

    /** A new exchange with the office, step by step. Most apps use [SyncRunner]. */
    public suspend fun exchange(): Exchange = Exchange(work, work.read { it.exchange() })

    /** A new exchange with another phone. */
    public suspend fun talk(): PeerTalk = PeerTalk(work, work.read { it.peerExchange() })

    /** The authors that are known by an invitation alone: what they wrote is provisional. */
    public suspend fun provisionalAuthors(): List<AuthorTag> = work.read { it.provisionalAuthors() }

    /** Everything that no office has confirmed to this phone, in a file that only the office opens. */
    public suspend fun exportBundle(): ByteArray = work.read { it.exportBundle() }

    public companion object {
        internal const val PAGE = 50
        internal const val LINES = 1_000

        /**
         * Opens or makes the replica in [folder]. What cannot be read is neither deleted nor made anew.
         *
         * @param key 32 bytes, given exactly when the library encrypts: the shipped one does.
         * @param marker A random value kept where backups of the device do not go. Another one than last
         *   time means a restored or cloned folder, and the replica goes on as a new author.
         * @throws DoorstepException.Store `store.in_use` (the folder is open already),
         *   `store.key_mismatch`, `store.newer` and others.
         * @throws DoorstepException.BadArgument `call.key_length`.
         * @throws DoorstepException.Broken `library.mismatch`: the native library is not the one that this
         *   code was made for, or is not there.
         */
        public suspend fun open(folder: File, key: ByteArray?, marker: ByteArray): Doorstep {
            val (path, keyBytes, markerBytes) = Triple(folder.path.sound(), key?.copyOf(), marker.copyOf())
            var opened: Core? = null
            try {
                return withContext(Dispatchers.IO) {
                    val core = ownErrors { Core.open(path, keyBytes, markerBytes) }
                    opened = core
                    Doorstep(core)
                }
            } catch (cancelled: CancellationException) {
                // Nobody will hold it, and it holds the folder.
                withContext(NonCancellable + Dispatchers.IO) {
                    opened?.shutdown()
                    opened?.destroy()
                }
                throw cancelled
            } finally {
                keyBytes?.fill(0)
            }
        }

        /**
         * Sees that the native library is the one that this code was made for, as every call does: for test
         * kits, before what they call themselves.
         *
         * @throws DoorstepException.Broken `library.mismatch`.
         */
        public fun checkLibrary(): Unit = Library.check()

        /** A replica over its open handle: for test kits. */
        public fun over(core: Core): Doorstep = Doorstep(core)

        /** A new tap: a write of its own. Kept, it repeats that write safely. */
        @JvmStatic
        @JvmOverloads
        public fun tap(person: PersonId? = null, practice: Boolean = false): Tap =
            Tap(UUID.randomUUID(), person, practice)

        /** The words of a message of the catalogue, such as a claim's code; the code where there are none. */
        @JvmStatic
        public fun words(code: String): Words = ownErrors { coreWords(code.sound()) }

        /**
         * The name of the photo in this file, once the file is safe from a power cut. Writes name photos by
         * it; the file stays as it is.
         */
        public suspend fun namePhoto(file: File): PhotoHash =
            withContext(Dispatchers.IO) { ownErrors { coreNamePhoto(file.path.sound()) } }

        /**
         * Puts everything readable and unconfirmed of a database that [open] refuses into the file [out],
         * sealed to the office. [invitation] is the text of any of the office's, for a database that
         * cannot tell its office. The database stays as it is.
         */
        public suspend fun rescue(folder: File, key: ByteArray?, out: File, invitation: String? = null): Rescued =
            withContext(Dispatchers.IO) {
                ownErrors { coreRescue(folder.path.sound(), key, invitation?.sound(), out.path.sound()) }
            }

        private fun Int.toCount(): UInt = coerceAtLeast(1).toUInt()
    }
}
