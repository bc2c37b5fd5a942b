package doorstep.names

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.util.Base64
import kotlin.random.Random

class NamesTest {
    private val text = "AAAAAAAAAAAAAAAA"

    @Test
    fun `names are ordered as their bytes and not as their texts`() {
        val draw = Random(7)
        val values = List(500) { draw.nextBytes(if (draw.nextBoolean()) 12 else 16) }
        val names = values.map { AssetId(Base64.getUrlEncoder().withoutPadding().encodeToString(it)) }
        val asBytes = compareBy<AssetId, List<UByte>>(lexicographic) { name -> name.bytes.map { it.toUByte() } }
        assertEquals(names.sortedWith(asBytes), names.sorted())
        assertNotEquals(names.sortedBy { it.text }, names.sorted())
    }

    @Test
    fun `one kind is not another`() {
        assertEquals(AssetId(text), AssetId(text))
        assertNotEquals(AssetId(text) as Name, PlaceId(text) as Name)
        assertEquals(2, setOf<Name>(AssetId(text), AssetId(text), PlaceId(text)).size)
        assertEquals(text, CaseId(text).toString())
    }

    @Test
    fun `what is no name is not taken for one`() {
        for (wrong in listOf("", "A", "AAAA", "not base64!", "$text=", "AAAAAAAAAAAAAAAB=", "$text$text", "楼")) {
            assertThrows<IllegalArgumentException>(wrong) { AssetId(wrong) }
        }
        // Spare bits that are set.
        assertThrows<IllegalArgumentException> { AuthorTag("AAAAAB") }
        assertThrows<IllegalArgumentException> { PhotoHash(text) }
        assertThrows<IllegalArgumentException> { AreaId("") }
        assertThrows<IllegalArgumentException> { AreaId("3101\uD83E") }
        val long = assertThrows<IllegalArgumentException> { PersonId("x".repeat(10_000_000)) }
        assertTrue(long.message!!.length < 200)
    }

    @Test
    fun `a name has the bytes of its kind`() {
        val things = listOf<(String) -> Name>(::AssetId, ::PlaceId, ::CaseId, ::PersonId, ::EntryId)
        val lengths = things.map { it to setOf(12, 16) } + (::AuthorTag to setOf(4)) + (::PhotoHash to setOf(32))
        for (count in 0..40) {
            val text = Base64.getUrlEncoder().withoutPadding().encodeToString(ByteArray(count))
            for ((make, right) in lengths) assertEquals(count in right, runCatching { make(text) }.isSuccess, "$count bytes")
        }
    }

    @Test
    fun `bytes cannot be changed from outside`() {
        val author = AuthorTag("AAAAAA")
        author.bytes[0] = 7
        assertArrayEquals(ByteArray(4), author.bytes)
        assertArrayEquals("310101019005".toByteArray(), AreaId("310101019005").bytes)
        assertTrue(EntryId(text) < EntryId("_AAAAAAAAAAAAAAA"))
    }

    private companion object {
        val lexicographic = Comparator<List<UByte>> { one, two ->
            one.zip(two).map { (a, b) -> a.compareTo(b) }.firstOrNull { it != 0 } ?: (one.size - two.size)
        }
    }
}
