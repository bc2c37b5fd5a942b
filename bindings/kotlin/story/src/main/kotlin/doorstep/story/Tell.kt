/*
 * The story in Kotlin: one evening against a real office, and what is read back of it through the public
 * API, as JSON on the last line.
 */
package doorstep.story

import doorstep.AreaId
import doorstep.AssetFilter
import doorstep.AssetId
import doorstep.AtDoor
import doorstep.CaseClass
import doorstep.CaseState
import doorstep.DoorAsset
import doorstep.Doorstep
import doorstep.DoorstepException
import doorstep.Factory
import doorstep.LinkException
import doorstep.LookView
import doorstep.NewCase
import doorstep.NewLook
import doorstep.NewVisit
import doorstep.PlaceId
import doorstep.Round
import doorstep.Seen
import doorstep.SyncRunner
import doorstep.okhttp.OkHttpOfficeLink
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonArray
import kotlinx.serialization.json.buildJsonObject
import java.io.File
import java.nio.charset.StandardCharsets
import kotlin.system.exitProcess

/** Most tries to get through the link. */
private const val TRIES = 200

private val OUTCOMES = mapOf(
    "answered" to AtDoor.Answered,
    "absent" to AtDoor.Absent,
    "refused" to AtDoor.Refused,
    "empty" to AtDoor.Empty,
)

/** Tells the scene in the file that is named. */
public fun main(arguments: Array<String>) {
    val told = runBlocking { Teller(Scene(File(arguments.single()))).tell() }
    System.out.write("$told\n".toByteArray(StandardCharsets.UTF_8))
    System.out.flush()
    // Connections that are kept open would hold the program.
    exitProcess(0)
}

private class Teller(private val scene: Scene) {
    private val area = AreaId(scene.area)

    suspend fun tell(): JsonObject {
        val zhang = phone("zhang", "zhang")
        zhang.enrol(scene.invitations[0])
        sync(zhang)
        val stranger = stranger(zhang)
        val undone = evening(zhang)
        val before = zhang.counters().onlyHere
        sync(zhang)

        val li = phone("li", "li")
        li.enrol(scene.invitations[1])
        sync(li)
        val round = li.openRound(building(li))
        val other = asset(li, scene.contradicted)
        nextSecond()
        li.check(round, NewLook(other, Seen.Missing))
        sync(li)
        sync(zhang)

        val author = zhang.enrolled()!!.author
        zhang.close()
        val refusals = refusals("zhang")
        File(scene.folder, "zhang").copyRecursively(File(scene.folder, "restored"))
        val restored = phone("restored", "another phone")
        val again = asset(restored, scene.photoOf)
        nextSecond()
        restored.check(round, NewLook(again, Seen.Faults(listOf("pressure_low"))))
        sync(restored)
        sync(li)

        val counters = restored.counters()
        val told = buildJsonObject {
            put("stranger", JsonPrimitive(stranger))
            put("undone", JsonPrimitive(undone))
            put("only_here_before", JsonPrimitive(before.toLong()))
            put("refusals", texts(refusals))
            put("restored_is_another_author", JsonPrimitive(restored.enrolled()!!.author != author))
            put("both_phones_agree", JsonPrimitive(restored.checksum(area).contentEquals(li.checksum(area))))
            put("counters", numbers(counters.run { listOf(onlyHere, received, held, leftOut) }.map { it.toLong() }))
            put("today", today(restored))
            put("doors", doors(restored, round))
            put("hazards", hazards(restored))
            put("full_disk", fullDisk())
        }
        li.close()
        restored.close()
        return told
    }

    private suspend fun phone(name: String, marker: String): Doorstep =
        Doorstep.open(File(scene.folder, name), scene.keys?.first(), marker.toByteArray())

    private suspend fun building(phone: Doorstep): PlaceId =
        phone.places(area).rows.single { it.name == scene.building }.id

    /** The doors, the photo, the hazards, the mistake. Returns how many entries were taken back. */
    private suspend fun evening(phone: Doorstep): Int {
        val building = building(phone)
        val round = phone.openRound(building)
        val places = phone.doorPlan(building).doors.associate { it.place.name to it.place.id }
        for (door in scene.doors) {
            phone.visit(places.getValue(door.name), round, NewVisit(OUTCOMES.getValue(door.outcome)))
            if (door.outcome == "answered") phone.check(round, look(asset(phone, door.label), door))
        }
        val photo = Doorstep.namePhoto(scene.photo)
        phone.check(round, NewLook(asset(phone, scene.photoOf), Seen.Normal, photos = listOf(photo)))
        for (hazard in scene.hazards) {
            val level = hazard.level.toUByte()
            val found = NewCase(CaseClass.Hazard, hazard.kind, building, level = level, note = hazard.note, round = round)
            phone.found(found)
        }
        phone.check(round, NewLook(asset(phone, scene.undone), Seen.Missing))
        return phone.undoLast().size
    }

    /** What becomes of a request to somebody with another key. */
    private suspend fun stranger(phone: Doorstep): String = try {
        OkHttpOfficeLink().carry(phone.officeAddress().copy(addresses = listOf(scene.stranger)), "hello".toByteArray())
        "talked to"
    } catch (_: LinkException.WrongKey) {
        "refused"
    }

    /** What a wrong key, and a missing one, are answered. */
    private suspend fun refusals(name: String): List<String> {
        suspend fun code(key: ByteArray?): String = try {
            Doorstep.open(File(scene.folder, name), key, name.toByteArray()).close()
            "opened"
        } catch (error: DoorstepException.Store) {
            error.code
        }
        val wrong = scene.keys?.get(1) ?: return listOf(code(ByteArray(32) { 0x4B }))
        return listOf(code(wrong), code(null))
    }

    /** What a full disk is answered, and that nothing was lost by it. */
    private suspend fun fullDisk(): JsonElement {
        val disk = scene.smallDisk ?: return JsonNull
        return Doorstep.open(File(disk, "phone"), scene.keys?.first(), "small".toByteArray()).use { phone ->
            phone.setDraft("before", "有电")
            var code = "never full"
            for (number in 0 until TRIES) {
                try {
                    phone.setDraft("$number", "满".repeat(20_000))
                } catch (error: DoorstepException.Store) {
                    code = error.code
                    break
                }
            }
            texts(listOf(code, phone.draft("before")))
        }
    }

    private suspend fun today(phone: Doorstep): JsonObject {
        val today = phone.today(listOf(area)).single()
        var listed = 0
        var after: String? = null
        do {
            val page = phone.assets(area, AssetFilter(), after)
            listed += page.rows.size
            after = page.next
        } while (after != null)
        return buildJsonObject {
            put("name", JsonPrimitive(today.name))
            put("doors", JsonPrimitive(today.doors.toLong()))
            put("assets", JsonPrimitive(today.assets.toLong()))
            put("listed", JsonPrimitive(listed))
            put("missing", JsonPrimitive(today.missing.toLong()))
            put("faulty", JsonPrimitive(today.faulty.toLong()))
            put("open_cases", JsonPrimitive(today.openCases.toLong()))
            put("disputes", JsonPrimitive(today.disputes.toLong()))
        }
    }

    private suspend fun doors(phone: Doorstep, round: Round): JsonArray {
        val doors = phone.doorPlan(building(phone), round).doors.sortedBy { bytes(it.place.name) }
        return JsonArray(
            doors.map { door ->
                buildJsonObject {
                    put("name", JsonPrimitive(door.place.name))
                    put("outcome", JsonPrimitive(OUTCOMES.entries.firstOrNull { it.value == door.outcome }?.key))
                    put("answered", JsonPrimitive(door.answered))
                    put("bottles", JsonArray(door.assets.map { bottle(phone, it) }))
                }
            },
        )
    }

    private suspend fun bottle(phone: Doorstep, one: DoorAsset): JsonObject {
        val view = one.asset
        val history = phone.asset(view.id).history
        return buildJsonObject {
            put("label", JsonPrimitive(view.label))
            put("factory", factory(view.factory))
            put("result", view.result?.let(::result) ?: JsonNull)
            put("disputes", JsonPrimitive(view.waiting.toLong()))
            put("checked", JsonPrimitive(one.checked))
            put("looks", JsonArray(history.map(::past)))
            put("due", JsonArray(view.owed.map { texts(listOf(it.kind, it.dueMonth?.toString())) }))
        }
    }

    private suspend fun hazards(phone: Doorstep): JsonArray {
        val lines = phone.cases(area).rows.sortedWith(compareBy({ bytes(it.note.orEmpty()) }, { it.kind }, { it.level }))
        return JsonArray(
            lines.map {
                buildJsonArray {
                    add(JsonPrimitive(it.note))
                    add(JsonPrimitive(it.kind))
                    add(JsonPrimitive(it.level.toInt()))
                    add(JsonPrimitive(if (it.state == CaseState.Found) "found" else "${it.state}"))
                }
            },
        )
    }
}

/** Exchanges until nothing is left, through a link that cuts. */
private suspend fun sync(phone: Doorstep) {
    val runner = SyncRunner(phone, OkHttpOfficeLink())
    repeat(TRIES) {
        try {
            runner.run()
            return
        } catch (_: LinkException) {
            // The next try goes on.
        }
    }
    error("the link never let anything through")
}

/** Entries are of a second: what follows something comes in a later one. */
private suspend fun nextSecond() = delay(1_100)

private suspend fun asset(phone: Doorstep, label: String): AssetId = phone.bearers(label).single().asset!!

private fun look(of: AssetId, door: Scene.Door): NewLook {
    val seen = when {
        door.missing -> Seen.Missing
        door.faults.isEmpty() -> Seen.Normal
        else -> Seen.Faults(door.faults)
    }
    return NewLook(of, seen, door.note)
}

private fun past(look: LookView): JsonArray = buildJsonArray {
    add(result(look.result))
    add(JsonPrimitive(look.note))
    add(JsonPrimitive(look.photos.size))
    add(JsonPrimitive(look.supersededBy != null))
    add(JsonPrimitive(look.waiting))
}

/** `normal`, `missing`, or a list of faults. */
private fun result(seen: Seen): JsonElement = when (seen) {
    is Seen.Faults -> texts(seen.codes)
    Seen.Missing -> JsonPrimitive("missing")
    else -> JsonPrimitive("normal")
}

private fun factory(made: Factory): JsonPrimitive = when (made) {
    is Factory.Made -> JsonPrimitive(made.month.toString())
    Factory.Unreadable -> JsonPrimitive("unreadable")
    Factory.NotRecorded -> JsonNull
}

/** In order as its bytes are: UTF-16 has another one. */
private fun bytes(text: String): String = text.toByteArray().joinToString("") { "%02x".format(it) }

private fun texts(all: List<String?>): JsonArray = JsonArray(all.map { JsonPrimitive(it) })

private fun numbers(all: List<Long>): JsonArray = JsonArray(all.map { JsonPrimitive(it) })
