/*
 * Names of things: one value type a kind, around the text that the console prints. Nothing here knows
 * what is named.
 *
 * They are ordinary classes: Java cannot call what takes a `@JvmInline` one, and in lists and nullable
 * fields, where names are, it is boxed anyway.
 */
package doorstep.names

import java.util.Base64

/**
 * A text that stands for bytes. Two names of one kind are equal and ordered as their bytes; names of two
 * kinds are never equal.
 *
 * @property text The name as the console prints it: base64url without padding; an area's is its code.
 */
public sealed class Name(public val text: String) {
    /** What [text] stands for. */
    public abstract val bytes: ByteArray

    final override fun equals(other: Any?): Boolean =
        other is Name && other.javaClass == javaClass && other.text == text

    final override fun hashCode(): Int = text.hashCode()

    /** The [text]. */
    final override fun toString(): String = text

    internal fun decoded(vararg lengths: Int): ByteArray {
        val bytes = try {
            Base64.getUrlDecoder().decode(text)
        } catch (_: IllegalArgumentException) {
            ByteArray(0)
        }
        // One text a value: padding, or spare bits that are set, would make a second.
        val isOne = bytes.size in lengths && Base64.getUrlEncoder().withoutPadding().encodeToString(bytes) == text
        require(isOne) { "\"${text.take(LONGEST_TOLD)}\" is no ${javaClass.simpleName}" }
        return bytes
    }

    internal fun order(other: Name): Int {
        val (one, two) = bytes to other.bytes
        for (at in 0 until minOf(one.size, two.size)) {
            val difference = one[at].toUByte().compareTo(two[at].toUByte())
            if (difference != 0) return difference
        }
        return one.size - two.size
    }

    private companion object {
        private const val LONGEST_TOLD = 80
    }
}

/**
 * The identity of an entry, or of the thing that it made: 12 bytes, 16 of what was imported.
 */
public sealed class Identity(text: String) : Name(text) {
    private val decoded = decoded(ENTRY, IMPORTED)

    final override val bytes: ByteArray get() = decoded.copyOf()

    private companion object {
        private const val ENTRY = 12
        private const val IMPORTED = 16
    }
}
