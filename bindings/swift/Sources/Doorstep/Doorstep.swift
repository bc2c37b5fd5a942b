// An open replica: what an app calls. Where calls run is in Work.swift, what they mean is the library's.

import DoorstepGenerated
import Foundation

/// A replica, open for this process: one a folder, held as long as the app lives.
///
/// **Threads.** Nothing here blocks the caller's thread, and nothing that blocks runs in Swift's own pool:
/// any task may call, on the main actor too.
///
/// **Writes** take a `Tap`. They join one queue in the order in which they are called, before they suspend
/// for the first time, and return when they are on the disk. Calls of tasks on one actor, such as the main
/// actor, are in the order in which the tasks were made. Cancelling the caller ends the waiting, never the
/// write; the same tap again tells: it gives the same result and writes nothing. A write that throws has
/// written nothing, but for errors of kind `broken` and `store`: there the same tap again tells.
///
/// **Reads** see every write that has returned. They, waits and exchanges end when their caller is
/// cancelled.
///
/// **Errors** are ``DoorstepError``s; a cancelled caller gets `CancellationError`. Every call throws an
/// error of kind `closed` after ``close(isolation:)``, or between ``pause(isolation:)`` and
/// ``resume(isolation:)``.
///
/// **Texts** may hold anything; NUL is left out. A text over its limit is refused with `text.too_long`, its
/// limit in the details, and stays with the caller.
///
/// `isolation` is never given: it lets a call begin where its caller is.
public final class Doorstep: Sendable {
    let work: Work

    /// A replica over its open handle: for test kits.
    public init(over core: Core) {
        work = Work(core)
    }

    /// Opens or makes the replica in a folder. What cannot be read is neither deleted nor made anew.
    ///
    /// - Parameters:
    ///   - folder: Where it is; made where there is none.
    ///   - key: 32 bytes, given exactly when the library encrypts: the shipped one does.
    ///   - marker: A random value kept where backups of the device do not go. Another one than last time
    ///     means a restored or cloned folder, and the replica goes on as a new author.
    ///   - isolation: Not given.
    /// - Throws: ``DoorstepError`` of kind `store`: `store.in_use` (the folder is open already),
    ///   `store.key_mismatch`, `store.newer` and others; of kind `badArgument`: `call.key_length`.
    public static func open(
        _ folder: URL, key: Data?, marker: Data, isolation: isolated (any Actor)? = #isolation
    ) async throws -> Doorstep {
        // Whoever is cancelled gets none; the handle is freed with its last reference, and lets go of the
        // folder.
        try await aside(isolation) {
            Doorstep(over: try Core.open(folder: folder.path, key: key, marker: marker))
        }
    }

    // MARK: Life

    /// Ends the replica for good, after the writes that stand in the queue. Twice is once. Cancelling does
    /// not reach it.
    ///
    /// - Throws: ``DoorstepError`` of kind `store`: the last seal failed. It is closed all the same, and what
    ///   was returned as saved is saved.
    public func close(isolation: isolated (any Actor)? = #isolation) async throws {
        try await work.close(isolation)
    }

    /// Enrols with the text of an invitation. Works without a network.
    ///
    /// - Throws: ``DoorstepError`` of kind `refused`, `enrol.…`: no invitation, or an old one.
    public func enrol(_ invitation: String, isolation: isolated (any Actor)? = #isolation) async throws {
        try await work.write(isolation) { try $0.enrol(invitation: invitation) }
    }

    /// Who this replica writes as; `nil` before it is enrolled.
    public func enrolled(isolation: isolated (any Actor)? = #isolation) async throws -> Enrolled? {
        try await work.read(isolation) { try $0.enrolled() }
    }

    /// Also holds the feed of an area from the next exchange on.
    public func subscribe(_ area: AreaId, isolation: isolated (any Actor)? = #isolation) async throws {
        try await work.write(isolation) { try $0.subscribe(area: area) }
    }

    /// Makes everything pending ready to be handed on: when the app goes to the background.
    public func seal(isolation: isolated (any Actor)? = #isolation) async throws {
        try await work.write(isolation) { try $0.seal() }
    }

    /// Ends every call, after the writes in the queue, before the system suspends the app.
    public func pause(isolation: isolated (any Actor)? = #isolation) async throws {
        try await work.write(isolation) { try $0.pause() }
    }

    /// Lets calls in again after ``pause(isolation:)``.
    public func resume(isolation: isolated (any Actor)? = #isolation) async throws {
        try await work.write(isolation) { try $0.resume() }
    }

    /// Now, as this replica stamps what is written: it counts the phone's sleep, and no setting moves it.
    public func now(isolation: isolated (any Actor)? = #isolation) async throws -> Date {
        try await work.read(isolation) { try $0.now() }
    }

    /// How many of this device's entries are where.
    public func counters(isolation: isolated (any Actor)? = #isolation) async throws -> Counters {
        try await work.read(isolation) { try $0.counters() }
    }

    /// Versions, numbers and states as JSON, for a developer; nothing that anybody typed.
    public func diagnosis(isolation: isolated (any Actor)? = #isolation) async throws -> String {
        try await work.read(isolation) { try $0.diagnosis() }
    }

    /// Takes up to `most` lines out of the log, the oldest first. Nothing personal stands in them.
    public func takeLog(
        most: Int = Doorstep.lines, isolation: isolated (any Actor)? = #isolation
    ) async throws -> LogLines {
        try await work.read(isolation) { try $0.takeLog(most: count(most)) }
    }

    /// Lines that matter less are left out from now on. At first this is `info`.
    public func setLogLevel(_ least: LogLevel, isolation: isolated (any Actor)? = #isolation) async throws {
        try await work.read(isolation) { try $0.setLogLevel(least: least) }
    }

    // MARK: Changes

    /// The number of the last change.
    public func change(isolation: isolated (any Actor)? = #isolation) async throws -> UInt64 {
        try await work.read(isolation) { try $0.change() }
    }

    // MARK: Drafts

    /// Keeps a small local text under a key; never sent.
    ///
    /// - Throws: ``DoorstepError`` of kind `refused`, `draft.too_long`.
    public func setDraft(
        _ key: String, _ value: String, isolation: isolated (any Actor)? = #isolation
    ) async throws {
        try await work.write(isolation) { try $0.setDraft(key: key, value: value) }
    }

    /// The text kept under a key.
    public func draft(_ key: String, isolation: isolated (any Actor)? = #isolation) async throws -> String? {
        try await work.read(isolation) { try $0.draft(key: key) }
    }

    /// The keys of drafts that begin so.
    public func draftKeys(
        _ prefix: String = "", isolation: isolated (any Actor)? = #isolation
    ) async throws -> [String] {
        try await work.read(isolation) { try $0.draftKeys(prefix: prefix) }
    }

    /// Forgets a draft.
    public func removeDraft(_ key: String, isolation: isolated (any Actor)? = #isolation) async throws {
        try await work.write(isolation) { try $0.removeDraft(key: key) }
    }

    // MARK: At the doors

    /// Opens a round of a building: the one of `plan`, whose list is frozen; without it today's, with
    /// `targets` or else everything known in the building.
    public func openRound(
        _ building: PlaceId, plan: EntryId? = nil, targets: Targets? = nil, tap: Tap = .new(),
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> Round {
        try await work.write(isolation) {
            try $0.openRound(tap: tap, building: building, plan: plan, targets: targets)
        }
    }

    /// Records an attempt at a door.
    @discardableResult
    public func visit(
        _ place: PlaceId, _ round: Round, _ visit: NewVisit, tap: Tap = .new(),
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> EntryId {
        try await work.write(isolation) { try $0.visit(tap: tap, place: place, round: round, visit: visit) }
    }

    /// Records looks at assets, all or none.
    @discardableResult
    public func check(
        _ round: Round, _ looks: [NewLook], tap: Tap = .new(), isolation: isolated (any Actor)? = #isolation
    ) async throws -> [EntryId] {
        try await work.write(isolation) { try $0.check(tap: tap, round: round, looks: looks) }
    }

    /// Records one look at one asset.
    @discardableResult
    public func check(
        _ round: Round, _ look: NewLook, tap: Tap = .new(), isolation: isolated (any Actor)? = #isolation
    ) async throws -> EntryId {
        try await work.write(isolation) { try $0.check(tap: tap, round: round, looks: [look])[0] }
    }

    /// 全部正常 at these places and below them; with `answered` their doors are visited too.
    @discardableResult
    public func allNormal(
        _ round: Round, _ places: [PlaceId], answered: Bool = true, tap: Tap = .new(),
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> [EntryId] {
        try await work.write(isolation) {
            try $0.allNormal(tap: tap, round: round, places: places, answered: answered)
        }
    }

    /// Puts right what a check or a visit said; the old one is kept.
    ///
    /// - Throws: ``DoorstepError`` of kind `refused`, `correct.no_reason` without one.
    @discardableResult
    public func correct(
        _ of: EntryId, _ right: Right, reason: String, tap: Tap = .new(),
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> EntryId {
        try await work.write(isolation) { try $0.correct(tap: tap, of: of, right: right, reason: reason) }
    }

    /// Takes back the last write that is not taken back yet.
    @discardableResult
    public func undoLast(
        tap: Tap = .new(), isolation: isolated (any Actor)? = #isolation
    ) async throws -> [EntryId] {
        try await work.write(isolation) { try $0.undoLast(tap: tap) }
    }

    /// How many writes can be taken back.
    public func undoDepth(isolation: isolated (any Actor)? = #isolation) async throws -> Int {
        try await work.read(isolation) { Int(try $0.undoDepth()) }
    }

    // MARK: Cases

    /// Records a hazard or a repair, and with `fix` that it was put right on the spot.
    @discardableResult
    public func found(
        _ found: NewCase, fix: Fix? = nil, tap: Tap = .new(), isolation: isolated (any Actor)? = #isolation
    ) async throws -> CaseId {
        try await work.write(isolation) { try $0.found(tap: tap, found: found, fix: fix) }
    }

    /// Takes a step of a case. With `allowClaim` a step that is not legal here is recorded as a claim.
    @discardableResult
    public func caseStep(
        _ id: CaseId, _ step: NewStep, allowClaim: Bool = false, tap: Tap = .new(),
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> EntryId {
        try await work.write(isolation) { try $0.caseStep(tap: tap, id: id, step: step, allowClaim: allowClaim) }
    }

    /// Settles a dispute between checks of one asset; it names every check that the decider saw.
    @discardableResult
    public func decide(
        _ asset: AssetId, _ names: [EntryId], _ seen: Seen, reason: String? = nil, tap: Tap = .new(),
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> EntryId {
        try await work.write(isolation) {
            try $0.decide(tap: tap, asset: asset, names: names, seen: seen, reason: reason)
        }
    }

    /// Says that two places, assets or cases are one, or with `split` that they are not after all.
    @discardableResult
    public func sameAs(
        _ one: Subject, _ other: Subject, split: Bool = false, tap: Tap = .new(),
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> EntryId {
        try await work.write(isolation) { try $0.sameAs(tap: tap, one: one, other: other, split: split) }
    }

    // MARK: The register

    /// Adds a place: a building in `area` or else in the grant's; what has a parent stands in it.
    @discardableResult
    public func addPlace(
        _ place: NewPlace, area: AreaId? = nil, tap: Tap = .new(), isolation: isolated (any Actor)? = #isolation
    ) async throws -> PlaceId {
        try await work.write(isolation) { try $0.addPlace(tap: tap, area: area, place: place) }
    }

    /// Adds an asset at a place, with its label if one is stuck on.
    @discardableResult
    public func addAsset(
        _ asset: NewAsset, tap: Tap = .new(), isolation: isolated (any Actor)? = #isolation
    ) async throws -> AssetId {
        try await work.write(isolation) { try $0.addAsset(tap: tap, asset: asset) }
    }

    /// Gives a field a value. It replaces every value that is known here, so a form shows them all before.
    @discardableResult
    public func setField(
        _ subject: Subject, _ value: NewValue, tap: Tap = .new(), isolation: isolated (any Actor)? = #isolation
    ) async throws -> EntryId {
        try await work.write(isolation) { try $0.setField(tap: tap, subject: subject, value: value) }
    }

    /// The label to stick on next. Using it moves on.
    public func nextLabel(isolation: isolated (any Actor)? = #isolation) async throws -> String {
        try await work.read(isolation) { try $0.nextLabel() }
    }

    /// Adds words or photos to anything.
    @discardableResult
    public func note(
        _ subject: Subject, _ text: String, photos: [PhotoHash] = [], tap: Tap = .new(),
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> EntryId {
        try await work.write(isolation) { try $0.note(tap: tap, subject: subject, text: text, photos: photos) }
    }

    /// Records what was done to an asset: its state follows from it.
    @discardableResult
    public func service(
        _ asset: AssetId, _ service: NewService, tap: Tap = .new(),
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> EntryId {
        try await work.write(isolation) { try $0.service(tap: tap, asset: asset, service: service) }
    }

    /// Records what a household or point got of a batch.
    @discardableResult
    public func handout(
        _ place: PlaceId, _ handout: NewHandout, tap: Tap = .new(),
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> EntryId {
        try await work.write(isolation) { try $0.handout(tap: tap, place: place, handout: handout) }
    }

    // MARK: Screens

    /// The areas that this replica holds.
    public func areas(isolation: isolated (any Actor)? = #isolation) async throws -> [AreaId] {
        try await work.read(isolation) { try $0.areas() }
    }

    /// Every area that the organisation declared.
    public func declaredAreas(isolation: isolated (any Actor)? = #isolation) async throws -> [DeclaredArea] {
        try await work.read(isolation) { try $0.declaredAreas() }
    }

    /// Today's numbers of these areas, or of all that are held.
    public func today(
        _ areas: [AreaId]? = nil, isolation: isolated (any Actor)? = #isolation
    ) async throws -> [AreaToday] {
        try await work.read(isolation) { try $0.today(areas: areas ?? $0.areas()) }
    }

    /// SHA-256 over an area's rows: equal on every replica that knows the same.
    public func checksum(_ area: AreaId, isolation: isolated (any Actor)? = #isolation) async throws -> Data {
        try await work.read(isolation) { try $0.checksum(area: area) }
    }

    /// The plan of the doors (楼盘表) of a stairwell or building, in this round.
    public func doorPlan(
        _ at: PlaceId, _ round: Round? = nil, isolation: isolated (any Actor)? = #isolation
    ) async throws -> DoorPlan {
        try await work.read(isolation) { try $0.doorPlan(at: at, round: round) }
    }

    /// The places in a place, or an area's that stand in none: at most `limit` after `after`.
    public func places(
        _ area: AreaId, _ parent: PlaceId? = nil, after: String? = nil, limit: Int = Doorstep.page,
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> PlaceRows {
        try await work.read(isolation) {
            try $0.places(area: area, parent: parent, after: after, limit: count(limit))
        }
    }

    /// The name of a place, after that of the building it is in.
    public func placeName(
        _ place: PlaceId, isolation: isolated (any Actor)? = #isolation
    ) async throws -> String? {
        try await work.read(isolation) { try $0.placeName(place: place) }
    }

    /// The assets of an area, by type: at most `limit` after `after`.
    public func assets(
        _ area: AreaId, _ filter: AssetFilter = AssetFilter(), after: String? = nil, limit: Int = Doorstep.page,
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> AssetRows {
        try await work.read(isolation) {
            try $0.assets(area: area, filter: filter, after: after, limit: count(limit))
        }
    }

    /// One asset with its history, disputed fields and what it is owed.
    public func asset(_ id: AssetId, isolation: isolated (any Actor)? = #isolation) async throws -> AssetPage {
        try await work.read(isolation) { try $0.asset(id: id) }
    }

    /// Everything that bears this label code: one thing, where labels are stuck on well.
    public func bearers(_ label: String, isolation: isolated (any Actor)? = #isolation) async throws -> [Bearer] {
        try await work.read(isolation) { try $0.bearers(label: label) }
    }

    /// The cases of an area, the latest found first: at most `limit` after `after`.
    public func cases(
        _ area: AreaId, _ filter: CaseFilter = .open, after: String? = nil, limit: Int = Doorstep.page,
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> CaseRows {
        try await work.read(isolation) {
            try $0.cases(area: area, filter: filter, after: after, limit: count(limit))
        }
    }

    /// One case with its events.
    public func `case`(_ id: CaseId, isolation: isolated (any Actor)? = #isolation) async throws -> CasePage {
        try await work.read(isolation) { try $0.`case`(id: id) }
    }

    /// The disputes that wait at an area's desk, the oldest first: at most `limit` after `after`.
    public func disputes(
        _ area: AreaId, after: String? = nil, limit: Int = Doorstep.page,
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> DisputeRows {
        try await work.read(isolation) { try $0.disputes(area: area, after: after, limit: count(limit)) }
    }

    /// The planned rounds of an area that have begun and are not closed, the one that ends first first.
    public func openRounds(
        _ area: AreaId, isolation: isolated (any Actor)? = #isolation
    ) async throws -> [RoundView] {
        try await work.read(isolation) { try $0.openRounds(area: area) }
    }

    /// How far a round has come.
    public func coverage(
        _ area: AreaId, _ round: Round, isolation: isolated (any Actor)? = #isolation
    ) async throws -> Coverage {
        try await work.read(isolation) { try $0.coverage(area: area, round: round) }
    }

    /// What forms of an area offer: types, faults, hazards, with their words.
    public func forms(_ area: AreaId, isolation: isolated (any Actor)? = #isolation) async throws -> Forms {
        try await work.read(isolation) { try $0.forms(area: area) }
    }

    // MARK: Handing on

    /// Where the office is, and which keys it may have. ``SyncRunner`` asks for it.
    public func officeAddress(isolation: isolated (any Actor)? = #isolation) async throws -> OfficeAddress {
        try await work.read(isolation) { try $0.officeAddress() }
    }

    /// A new exchange with the office, step by step. Most apps use ``SyncRunner``.
    public func exchange(isolation: isolated (any Actor)? = #isolation) async throws -> Exchange {
        try await work.read(isolation) { [work] in Exchange(work, try $0.exchange()) }
    }

    /// A new exchange with another phone.
    public func talk(isolation: isolated (any Actor)? = #isolation) async throws -> PeerTalk {
        try await work.read(isolation) { [work] in PeerTalk(work, try $0.peerExchange()) }
    }

    /// The authors that are known by an invitation alone: what they wrote is provisional.
    public func provisionalAuthors(isolation: isolated (any Actor)? = #isolation) async throws -> [AuthorTag] {
        try await work.read(isolation) { try $0.provisionalAuthors() }
    }

    /// Everything that no office has confirmed to this phone, in a file that only the office opens.
    public func exportBundle(isolation: isolated (any Actor)? = #isolation) async throws -> Data {
        try await work.read(isolation) { try $0.exportBundle() }
    }

    // MARK: Without a replica

    /// The words of a message of the catalogue, such as a claim's code; the code where there are none.
    public static func words(_ code: String) -> Words {
        // It asks no store; what could go wrong is a fault of the library.
        (try? coreWords(code: code)) ?? Words(zh: code, en: code)
    }

    /// The name of the photo in this file, once the file is safe from a power cut. Writes name photos by
    /// it; the file stays as it is.
    public static func namePhoto(
        _ file: URL, isolation: isolated (any Actor)? = #isolation
    ) async throws -> PhotoHash {
        try await aside(isolation) { try coreNamePhoto(file: file.path) }
    }

    /// Puts everything readable and unconfirmed of a database that
    /// ``open(_:key:marker:isolation:)`` refuses into the file `out`, sealed to the office. The
    /// text of any invitation of the office says whom to seal to when the database cannot. The database
    /// stays as it is.
    public static func rescue(
        _ folder: URL, key: Data?, to out: URL, invitation: String? = nil,
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> Rescued {
        try await aside(isolation) {
            try coreRescue(folder: folder.path, key: key, invitation: invitation, out: out.path)
        }
    }

    /// Rows of a page, where no other number is asked for.
    public static let page = 50

    /// Lines of the log that are taken, where no other number is asked for.
    public static let lines = 1_000
}

extension Tap {
    /// A new tap: a write of its own. Kept, it repeats that write safely.
    public static func new(person: PersonId? = nil, practice: Bool = false) -> Tap {
        Tap(request: UUID(), person: person, practice: practice)
    }
}

/// A limit that makes no sense is one row.
private func count(_ number: Int) -> UInt32 { UInt32(clamping: max(1, number)) }
