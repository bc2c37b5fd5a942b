import Doorstep
import Foundation

func firstEvening(
    _ folder: URL, key: Data?, marker: Data, invitation: String, link: any OfficeLink
) async throws {
    let phone = try await Doorstep.open(folder, key: key, marker: marker)
    let office = SyncRunner(phone, link)
    try await phone.enrol(invitation)                         // works without a network
    try await office.run()

    guard let today = try await phone.today().first,
        let building = try await phone.places(today.area).rows.first
    else { return }
    print("\(today.name ?? ""): \(today.doors) doors, \(today.looksDue) looks due")
    let round = try await phone.openRound(building.id)
    try await phone.allNormal(round, [building.id])           // on the disk when it returns

    guard let bottle = try await phone.bearers("W222238K").first?.asset else { return } // its label was scanned
    let low = Seen.faults(codes: ["pressure_low"])
    try await phone.check(round, NewLook(asset: bottle, seen: low, note: "指针在红区"))
    try await phone.found(NewCase(about: .hazard, kind: "e_bike", place: building.id, note: "三辆电瓶车"))

    try await office.run(SyncBudget(time: .seconds(60)))
    print("\(try await phone.counters().received) received by the office")
    try await phone.close()
}
