package doorstep

import kotlinx.validation.api.dump
import kotlinx.validation.api.filterOutNonPublic
import kotlinx.validation.api.loadApiFromJvmClasses
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.io.File

/** The public API, compared with what was agreed: a change of it is seen in review. */
class ApiTest {
    private val agreed = File(System.getProperty("doorstep.docs"), "../bindings/kotlin/api").canonicalFile

    @Test
    fun `names and their kinds`() = compare("doorstep-names")

    @Test
    fun `the views of the generated code`() = compare("doorstep-generated") { BELOW.containsMatchIn(it) }

    @Test
    fun `the library`() = compare("doorstep")

    @Test
    fun `the way to the office`() = compare("doorstep-okhttp")

    @Test
    fun `the background`() = compare("doorstep-background")

    @Test
    fun `what tests of apps stand on`() = compare("doorstep-testkit")

    private fun compare(module: String, isLeftOut: (String) -> Boolean = { false }) {
        val classes = System.getProperty("java.class.path").split(File.pathSeparator).map(::File)
            .first { it.name == "classes" && it.parentFile.name == "doorstep" }
            .resolve("../../$module/classes").normalize()
        val files = classes.walk().filter { it.extension == "class" && !isLeftOut(it.nameWithoutExtension) }
        val api = files.map { it.inputStream() }.loadApiFromJvmClasses().filterOutNonPublic()
        val now = api.dump(StringBuilder()).toString()
        val file = File(agreed, "$module.api")
        if (System.getProperty("doorstep.api") == "write") file.apply { parentFile.mkdirs() }.writeText(now)
        assertEquals(file.takeIf { it.exists() }?.readText(), now) {
            "the public API of $module is another than in ${file.path}; agreed, it is written by -Ddoorstep.api=write"
        }
    }

    private companion object {
        /** What is below the written layer, and what only test kits have. */
        val BELOW = Regex("^(FfiConverter|Uniffi|uniffi|RustBuffer|ForeignBytes|Core|Disposable|NoHandle|Fake|Demo|Sample|Doorstep_ffi|IntegrityChecking|UnsafeLock|ReadWrite|JavaLang|FfiDestructors|InternalException)")
    }
}
