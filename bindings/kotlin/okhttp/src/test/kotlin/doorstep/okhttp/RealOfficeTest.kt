package doorstep.okhttp

import doorstep.AreaId
import doorstep.Doorstep
import doorstep.LinkException
import doorstep.OfficeLink
import doorstep.Seen
import doorstep.SyncOutcome
import doorstep.SyncRunner
import doorstep.Summary
import firstEvening
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

/** A phone against `doorstep serve`: the right key, a wrong one, a changed one, an office that moves. */
class RealOfficeTest {
    @TempDir
    lateinit var folder: File

    private lateinit var office: Office
    private lateinit var phone: Doorstep

    /** An office of its own, that serves over TLS until it is stopped. */
    private inner class Office(val name: String) {
        private var serving: Process? = null
        private var address = ""

        init {
            run("init", "--name", "示范街道", "--folder", name)
            File(folder, "areas.csv").writeText("code,parent,level,name\n310101019,,street,老西门\n310101019005,310101019,committee,大兴\n")
            run("import", "areas", "areas.csv", "--folder", name)
        }

        fun invite(vararg addresses: String): String {
            val where = addresses.flatMap { listOf("--address", it) }
            return run("invite", "--folder", name, "--area", "310101019005", "--person", "张三", *where.toTypedArray()).trim()
        }

        /** Serves, and tells where. */
        fun serve(port: Int = 0): String {
            val listen = listOf("serve", "--folder", name, "--listen", "127.0.0.1:$port", "--page", "127.0.0.1:0", "--json")
            val process = ProcessBuilder(listOf(PROGRAM) + listen).directory(folder)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start()
            serving = process
            val said = process.inputStream.bufferedReader().readLine()
            address = checkNotNull(Regex("https://127\\.0\\.0\\.1:\\d+").find(said)) { said }.value
            return address
        }

        /** Where it serves. */
        fun serving(): String = address

        fun stop() {
            serving?.destroy()
            serving?.waitFor()
        }

        fun run(vararg arguments: String): String {
            val process = ProcessBuilder(listOf(PROGRAM) + arguments).directory(folder)
                .redirectError(File(folder, "told")).start()
            val said = process.inputStream.bufferedReader().readText()
            check(process.waitFor() == 0) { "${arguments.toList()}: ${File(folder, "told").readText()}" }
            return said
        }
    }

    @BeforeEach
    fun begin() = runBlocking {
        office = Office("office")
        phone = Doorstep.open(File(folder, "phone"), null, "phone".toByteArray())
    }

    @AfterEach
    fun end() = runBlocking {
        phone.close()
        office.stop()
    }

    private suspend fun sync(link: OfficeLink = OkHttpOfficeLink()): Summary =
        (SyncRunner(phone, link).run() as SyncOutcome.Done).summary

    private suspend fun write() {
        phone.addPlace(doorstep.NewPlace(doorstep.PlaceKind.Building, "3号楼"))
    }

    @Test
    fun `what is written reaches the office with the key of the invitation`() = runBlocking {
        phone.enrol(office.invite(office.serve()))
        write()
        assertTrue(sync().confirmed > 0uL)
        assertEquals(0uL, phone.counters().onlyHere)
        assertEquals("老西门", phone.declaredAreas().first().name)
    }

    @Test
    fun `somebody else at the office's address is told nothing, and the office is found again`() = runBlocking {
        val address = office.serve()
        phone.enrol(office.invite(address))
        sync()
        write()
        office.stop()
        val impostor = Office("impostor")
        val port = address.substringAfterLast(':').toInt()
        impostor.serve(port)
        assertTrue(runCatching { sync() }.exceptionOrNull() is LinkException.WrongKey)
        assertEquals(1uL, phone.counters().onlyHere)
        impostor.stop()
        office.serve(port)
        sync()
        assertEquals(0uL, phone.counters().onlyHere)
    }

    @Test
    fun `an office whose key was lost and made anew is not trusted`() = runBlocking {
        val address = office.serve()
        phone.enrol(office.invite(address))
        office.stop()
        // Another office's key in its place: not announced, so not its word.
        val other = Office("other")
        other.serve()
        other.stop()
        File(folder, "other/transport.pem").copyTo(File(folder, "office/transport.pem"), overwrite = true)
        office.serve(address.substringAfterLast(':').toInt())
        assertTrue(runCatching { sync() }.exceptionOrNull() is LinkException.WrongKey)
    }

    @Test
    fun `an office at the second of its addresses is found`() = runBlocking {
        val address = office.serve()
        phone.enrol(office.invite("https://127.0.0.1:9", address))
        write()
        sync()
        assertEquals(0uL, phone.counters().onlyHere)
    }

    @Test
    fun `an office that nobody serves keeps everything here`() = runBlocking {
        phone.enrol(office.invite("https://127.0.0.1:9"))
        write()
        assertTrue(runCatching { sync() }.exceptionOrNull() is LinkException.NotReachable)
        assertEquals(1uL, phone.counters().onlyHere)
    }

    @Test
    fun `the quick start of the docs is this code, and works as it stands`() = runBlocking {
        val docs = File(System.getProperty("doorstep.docs"), "bindings.md").readText()
        val code = docs.substringAfter("## Quick start: Kotlin").substringAfter("```kotlin\n").substringBefore("```")
        val compiled = File(System.getProperty("doorstep.docs"), "../bindings/kotlin/okhttp/src/test/kotlin/QuickStart.kt")
        assertEquals(compiled.readText(), code)
        File(folder, "assets.csv").writeText(
            "area,building,place,type,label,factory,size,serviced\n" +
                "310101019005,3号楼,101,extinguisher.dry_powder,W222238K,2019-05,2kg,\n" +
                "310101019005,3号楼,102,extinguisher.dry_powder,W22224E4,2019-05,2kg,\n",
        )
        office.run("import", "assets", "assets.csv", "--folder", "office")
        firstEvening(File(folder, "first"), null, "first".toByteArray(), office.invite(office.serve()))
        phone.enrol(office.invite(office.serving()))
        sync()
        val case = phone.cases(AreaId("310101019005")).rows.single()
        assertEquals("三辆电瓶车", case.note)
        val bottle = phone.bearers("W222238K").single().asset!!
        assertEquals(Seen.Faults(listOf("pressure_low")), phone.asset(bottle).asset.result)
    }

    private companion object {
        val PROGRAM: String = System.getProperty("doorstep.office")
    }
}
