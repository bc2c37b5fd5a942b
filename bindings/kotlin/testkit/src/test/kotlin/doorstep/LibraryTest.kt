package doorstep

import doorstep.testkit.Street
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.lang.reflect.Modifier

/** A native library that is not the one that the code was made for. */
class LibraryTest {
    @TempDir
    lateinit var folder: File

    /** A library that has every function that is looked at, and says nothing right but perhaps its contract. */
    private fun library(contract: Int): File {
        val checks = Class.forName("doorstep.IntegrityCheckingUniffiLib", false, javaClass.classLoader).declaredMethods
            .filter { Modifier.isNative(it.modifiers) }.map { it.name }
        val code = checks.joinToString("\n") {
            "int $it(void) { return ${if (it.endsWith("contract_version")) contract else 0}; }"
        }
        val source = File(folder, "other.c").apply { writeText(code) }
        val library = File(folder, "other$contract.so")
        run("cc", "-shared", "-fPIC", "-o", library.path, source.path)
        return library
    }

    private fun run(vararg words: String): String {
        val program = ProcessBuilder(*words).redirectErrorStream(true).start()
        val told = program.inputStream.bufferedReader().readText()
        assertEquals(0, program.waitFor(), told)
        return told
    }

    private fun toldOver(library: File) = run(
        File(System.getProperty("java.home"), "bin/java").path,
        "-Duniffi.component.doorstep_ffi.libraryOverride=${library.path}",
        "-cp",
        System.getProperty("java.class.path"),
        Calls::class.java.name,
    ).lines().filter { it.isNotEmpty() }

    @Test
    fun `another library, or none, is an error of every call and not its end`() {
        val others = listOf(library(OTHER_CONTRACT), library(CONTRACT), File(folder, "nowhere.so"))
        for (other in others) assertEquals(List(4) { "library.mismatch" }, toldOver(other), other.name)
    }

    /** What an app calls first, in a process of its own. */
    object Calls {
        @JvmStatic
        fun main(arguments: Array<String>) {
            val nowhere = File("nowhere")
            val calls = listOf<() -> Any?>(
                { BlockingDoorstep.open(nowhere, null, ByteArray(0)) },
                { Doorstep.words("call.closed") },
                { BlockingDoorstep.rescue(nowhere, null, nowhere) },
                { Street(EVENING) },
            )
            for (call in calls) println(runCatching(call).exceptionOrNull().let { (it as? DoorstepException.Broken)?.code ?: it })
        }
    }

    private companion object {
        /** uniffi's own number, as it stands in the generated code. */
        const val CONTRACT = 30
        const val OTHER_CONTRACT = 29
    }
}
