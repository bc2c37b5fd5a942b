/* The same replica for Java, and for threads that may wait. What calls mean stands in Doorstep.kt. */
package doorstep

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.runBlocking
import java.io.File
import java.time.Instant
import java.util.function.Consumer
import java.util.function.Function
import java.util.function.LongConsumer

/**
 * A replica whose calls return when they are done. See [Doorstep] for what each means, and for errors.
 *
 * Writes join the same queue as those of [doorstep]. Interrupting a waiting thread ends the waiting, never
 * the write.
 *
 * Every call throws [IllegalStateException] on the UI thread, and then has done nothing.
 *
 * @property doorstep The same replica for coroutines.
 */
public class BlockingDoorstep(public val doorstep: Doorstep) : AutoCloseable {
    // Life

    /** See [Doorstep.close]. */
    override fun close(): Unit = wait { close() }

    /** See [Doorstep.enrol]. */
    public fun enrol(invitation: String): Unit = wait { enrol(invitation) }

    /** See [Doorstep.enrolled]. */
    public fun enrolled(): Enrolled? = wait { enrolled() }

    /** See [Doorstep.subscribe]. */
    public fun subscribe(area: AreaId): Unit = wait { subscribe(area) }

    /** See [Doorstep.seal]. */
    public fun seal(): Unit = wait { seal() }

    /** See [Doorstep.pause]. */
    public fun pause(): Unit = wait { pause() }

    /** See [Doorstep.resume]. */
    public fun resume(): Unit = wait { resume() }

    /** See [Doorstep.now]. */
    public fun now(): Instant = wait { now() }

    /** See [Doorstep.counters]. */
    public fun counters(): Counters = wait { counters() }

    /** See [Doorstep.diagnosis]. */
    public fun diagnosis(): String = wait { diagnosis() }

    /** See [Doorstep.takeLog]. */
    @JvmOverloads
    public fun takeLog(most: Int = Doorstep.LINES): LogLines = wait { takeLog(most) }

    /** See [Doorstep.setLogLevel]. */
    public fun setLogLevel(least: LogLevel): Unit = wait { setLogLevel(least) }

    // Changes

    /** See [Doorstep.change]. */
    public fun change(): Long = wait { change() }

    // Drafts

    /** See [Doorstep.setDraft]. */
    public fun setDraft(key: String, value: String): Unit = wait { setDraft(key, value) }

    /** See [Doorstep.draft]. */
    public fun draft(key: String): String? = wait { draft(key) }

    /** See [Doorstep.draftKeys]. */
    @JvmOverloads
    public fun draftKeys(prefix: String = ""): List<String> = wait { draftKeys(prefix) }

    /** See [Doorstep.removeDraft]. */
    public fun removeDraft(key: String): Unit = wait { removeDraft(key) }

    // At the doors

    /** See [Doorstep.openRound]. */
    @JvmOverloads
    public fun openRound(
        building: PlaceId,
        plan: EntryId? = null,
        targets: Targets? = null,
        tap: Tap = Doorstep.tap(),
    ): Round = wait { openRound(building, plan, targets, tap) }

    /** See [Doorstep.visit]. */
    @JvmOverloads
    public fun visit(place: PlaceId, round: Round, visit: NewVisit, tap: Tap = Doorstep.tap()): EntryId =
        wait { visit(place, round, visit, tap) }

    /** See [Doorstep.check]. */
    @JvmOverloads
    public fun check(round: Round, looks: List<NewLook>, tap: Tap = Doorstep.tap()): List<EntryId> =
        wait { check(round, looks, tap) }

    /** See [Doorstep.check]. */
    @JvmOverloads
    public fun check(round: Round, look: NewLook, tap: Tap = Doorstep.tap()): EntryId = wait { check(round, look, tap) }

    /** See [Doorstep.allNormal]. */
    @JvmOverloads
    public fun allNormal(
        round: Round,
        places: List<PlaceId>,
        answered: Boolean = true,
        tap: Tap = Doorstep.tap(),
    ): List<EntryId> = wait { allNormal(round, places, answered, tap) }

    /** See [Doorstep.correct]. */
    @JvmOverloads
    public fun correct(of: EntryId, right: Right, reason: String, tap: Tap = Doorstep.tap()): EntryId =
        wait { correct(of, right, reason, tap) }

    /** See [Doorstep.undoLast]. */
    @JvmOverloads
    public fun undoLast(tap: Tap = Doorstep.tap()): List<EntryId> = wait { undoLast(tap) }

    /** See [Doorstep.undoDepth]. */
    public fun undoDepth(): Int = wait { undoDepth() }

    // Cases

    /** See [Doorstep.found]. */
    @JvmOverloads
    public fun found(case: NewCase, fix: Fix? = null, tap: Tap = Doorstep.tap()): CaseId =
        wait { found(case, fix, tap) }

    /** See [Doorstep.caseStep]. */
    @JvmOverloads
    public fun caseStep(id: CaseId, step: NewStep, allowClaim: Boolean = false, tap: Tap = Doorstep.tap()): EntryId =
        wait { caseStep(id, step, allowClaim, tap) }

    /** See [Doorstep.decide]. */
    @JvmOverloads
    public fun decide(
        asset: AssetId,
        names: List<EntryId>,
        seen: Seen,
        reason: String? = null,
        tap: Tap = Doorstep.tap(),
    ): EntryId = wait { decide(asset, names, seen, reason, tap) }

    /** See [Doorstep.sameAs]. */
    @JvmOverloads
    public fun sameAs(one: Subject, other: Subject, split: Boolean = false, tap: Tap = Doorstep.tap()): EntryId =
        wait { sameAs(one, other, split, tap) }

    // The register

    /** See [Doorstep.addPlace]. */
    @JvmOverloads
    public fun addPlace(place: NewPlace, area: AreaId? = null, tap: Tap = Doorstep.tap()): PlaceId =
        wait { addPlace(place, area, tap) }

    /** See [Doorstep.addAsset]. */
    @JvmOverloads
    public fun addAsset(asset: NewAsset, tap: Tap = Doorstep.tap()): AssetId = wait { addAsset(asset, tap) }

    /** See [Doorstep.setField]. */
    @JvmOverloads
    public fun setField(subject: Subject, value: NewValue, tap: Tap = Doorstep.tap()): EntryId =
        wait { setField(subject, value, tap) }

    /** See [Doorstep.nextLabel]. */
    public fun nextLabel(): String = wait { nextLabel() }

    /** See [Doorstep.note]. */
    @JvmOverloads
    public fun note(
        subject: Subject,
        text: String,
        photos: List<PhotoHash> = emptyList(),
        tap: Tap = Doorstep.tap(),
    ): EntryId = wait { note(subject, text, photos, tap) }

    /** See [Doorstep.service]. */
    @JvmOverloads
    public fun service(asset: AssetId, service: NewService, tap: Tap = Doorstep.tap()): EntryId =
        wait { service(asset, service, tap) }

    /** See [Doorstep.handout]. */
    @JvmOverloads
    public fun handout(place: PlaceId, handout: NewHandout, tap: Tap = Doorstep.tap()): EntryId =
        wait { handout(place, handout, tap) }

    // Screens

    /** See [Doorstep.areas]. */
    public fun areas(): List<AreaId> = wait { areas() }

    /** See [Doorstep.declaredAreas]. */
    public fun declaredAreas(): List<DeclaredArea> = wait { declaredAreas() }

    /** See [Doorstep.today]. */
    @JvmOverloads
    public fun today(areas: List<AreaId>? = null): List<AreaToday> = wait { today(areas) }

    /** See [Doorstep.checksum]. */
    public fun checksum(area: AreaId): ByteArray = wait { checksum(area) }

    /** See [Doorstep.doorPlan]. */
    @JvmOverloads
    public fun doorPlan(at: PlaceId, round: Round? = null): DoorPlan = wait { doorPlan(at, round) }

    /** See [Doorstep.places]. */
    @JvmOverloads
    public fun places(
        area: AreaId,
        parent: PlaceId? = null,
        after: String? = null,
        limit: Int = Doorstep.PAGE,
    ): PlaceRows = wait { places(area, parent, after, limit) }

    /** See [Doorstep.placeName]. */
    public fun placeName(place: PlaceId): String? = wait { placeName(place) }

    /** See [Doorstep.assets]. */
    @JvmOverloads
    public fun assets(
        area: AreaId,
        filter: AssetFilter = AssetFilter(),
        after: String? = null,
        limit: Int = Doorstep.PAGE,
    ): AssetRows = wait { assets(area, filter, after, limit) }

    /** See [Doorstep.asset]. */
    public fun asset(id: AssetId): AssetPage = wait { asset(id) }

    /** See [Doorstep.bearers]. */
    public fun bearers(label: String): List<Bearer> = wait { bearers(label) }

    /** See [Doorstep.cases]. */
    @JvmOverloads
    public fun cases(
        area: AreaId,
        filter: CaseFilter = CaseFilter.OPEN,
        after: String? = null,
        limit: Int = Doorstep.PAGE,
    ): CaseRows = wait { cases(area, filter, after, limit) }

    /** See [Doorstep.case]. Java has no such name: there it is `casePage`. */
    @JvmName("casePage")
    public fun case(id: CaseId): CasePage = wait { case(id) }

    /** See [Doorstep.disputes]. */
    @JvmOverloads
    public fun disputes(area: AreaId, after: String? = null, limit: Int = Doorstep.PAGE): DisputeRows =
        wait { disputes(area, after, limit) }

    /** See [Doorstep.openRounds]. */
    public fun openRounds(area: AreaId): List<RoundView> = wait { openRounds(area) }

    /** See [Doorstep.coverage]. */
    public fun coverage(area: AreaId, round: Round): Coverage = wait { coverage(area, round) }

    /** See [Doorstep.forms]. */
    public fun forms(area: AreaId): Forms = wait { forms(area) }

    // Handing on

    /** See [Doorstep.officeAddress]. */
    public fun officeAddress(): OfficeAddress = wait { officeAddress() }

    /** See [Doorstep.provisionalAuthors]. */
    public fun provisionalAuthors(): List<AuthorTag> = wait { provisionalAuthors() }

    /** See [Doorstep.exportBundle]. */
    public fun exportBundle(): ByteArray = wait { exportBundle() }

    // Changes and handing on

    /**
     * Tells the numbers of changes on this thread until the replica is closed or the thread interrupted:
     * see [Doorstep.changes].
     */
    public fun eachChange(told: LongConsumer): Unit = wait { changes.collect { told.accept(it) } }

    /** Exchanges with the office: see [SyncRunner]. */
    @JvmOverloads
    public fun sync(link: OfficeLink, budget: SyncBudget = SyncBudget()): SyncOutcome =
        wait { SyncRunner(this, link).run(budget) }

    private fun <T> wait(call: suspend Doorstep.() -> T): T = waiting { doorstep.call() }

    public companion object {
        /** See [Doorstep.open]. */
        @JvmStatic
        public fun open(folder: File, key: ByteArray?, marker: ByteArray): BlockingDoorstep =
            BlockingDoorstep(waiting { Doorstep.open(folder, key, marker) })

        /** See [SharedReplica.use]. */
        @JvmStatic
        public fun <R> use(
            replica: SharedReplica,
            setAside: Consumer<File>,
            block: Function<BlockingDoorstep, R>,
        ): R = waiting { replica.use(setAside::accept) { block.apply(BlockingDoorstep(it)) } }

        /** See [Doorstep.namePhoto]. */
        @JvmStatic
        public fun namePhoto(file: File): PhotoHash = waiting { Doorstep.namePhoto(file) }

        /** See [Doorstep.rescue]. */
        @JvmStatic
        @JvmOverloads
        public fun rescue(folder: File, key: ByteArray?, out: File, invitation: String? = null): Rescued =
            waiting { Doorstep.rescue(folder, key, out, invitation) }

        private fun <T> waiting(call: suspend CoroutineScope.() -> T): T {
            UiThread.refuse()
            return runBlocking(block = call)
        }
    }
}
