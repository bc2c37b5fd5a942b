import doorstep.*
import doorstep.okhttp.OkHttpOfficeLink
import java.io.File

suspend fun firstEvening(folder: File, key: ByteArray?, marker: ByteArray, invitation: String) =
    Doorstep.open(folder, key, marker).use { phone ->
        val office = SyncRunner(phone, OkHttpOfficeLink())
        phone.enrol(invitation)                              // works without a network
        office.run()

        val today = phone.today().single()
        println("${today.name}: ${today.doors} doors, ${today.looksDue} looks due")
        val building = phone.places(today.area).rows.first()
        val round = phone.openRound(building.id)
        phone.allNormal(round, listOf(building.id))          // on the disk when it returns

        val bottle = phone.bearers("W222238K").single().asset!! // its label was scanned
        phone.check(round, NewLook(bottle, Seen.Faults(listOf("pressure_low")), note = "指针在红区"))
        phone.found(NewCase(CaseClass.Hazard, "e_bike", building.id, note = "三辆电瓶车"))

        office.run(SyncBudget(time = java.time.Duration.ofMinutes(1)))
        println("${phone.counters().received} received by the office")
    }
