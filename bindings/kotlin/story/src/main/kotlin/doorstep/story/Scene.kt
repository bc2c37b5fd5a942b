/* What a lane of the story is told: what to do, and where. Read from the file that the stage writes. */
package doorstep.story

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.io.File

internal class Scene(file: File) {
    private val whole = Json.parseToJsonElement(file.readText()).jsonObject
    private val script = whole.getValue("script").jsonObject

    val folder = File(whole.text("folder"))
    val invitations = whole.texts("invitations")
    val stranger = whole.text("stranger")
    val photo = File(whole.text("photo"))
    val smallDisk: File? = whole.textOrNull("small_disk")?.let(::File)

    /** The right one and a wrong one, where the library encrypts. */
    val keys: List<ByteArray>? = whole["keys"]?.takeIf { it !is JsonNull }?.let { whole.texts("keys").map(::unhex) }

    val area = script.text("area")
    val building = script.text("building")
    val photoOf = script.text("photo_of")
    val undone = script.text("undone")
    val contradicted = script.text("contradicted")
    val doors = script.objects("doors").map(::Door)
    val hazards = script.objects("hazards").map(::Hazard)

    class Door(told: JsonObject) {
        val name = told.text("name")
        val outcome = told.text("outcome")
        val label = told.text("label")
        val faults = told.texts("faults")
        val missing = told.getValue("missing").jsonPrimitive.boolean
        val note = told.textOrNull("note")
    }

    class Hazard(told: JsonObject) {
        val kind = told.text("kind")
        val level = told.getValue("level").jsonPrimitive.int
        val note = told.textOrNull("note")
    }
}

private fun JsonObject.text(name: String): String = getValue(name).jsonPrimitive.content

private fun JsonObject.textOrNull(name: String): String? = get(name)?.jsonPrimitive?.contentOrNull

private fun JsonObject.texts(name: String): List<String> = getValue(name).jsonArray.map { it.jsonPrimitive.content }

private fun JsonObject.objects(name: String): List<JsonObject> = getValue(name).jsonArray.map { it.jsonObject }

private fun unhex(text: String): ByteArray = text.chunked(2).map { it.toInt(16).toByte() }.toByteArray()
