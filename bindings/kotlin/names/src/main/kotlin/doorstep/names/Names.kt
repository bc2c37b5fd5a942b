/* The kinds of names. What all of them have in common is in Name.kt. */
package doorstep.names

/**
 * An asset, such as a fire extinguisher.
 *
 * @throws IllegalArgumentException where the text is none.
 */
public class AssetId(text: String) : Identity(text), Comparable<AssetId> {
    override fun compareTo(other: AssetId): Int = order(other)
}

/**
 * A place: a building, stairwell, household or premises.
 *
 * @throws IllegalArgumentException where the text is none.
 */
public class PlaceId(text: String) : Identity(text), Comparable<PlaceId> {
    override fun compareTo(other: PlaceId): Int = order(other)
}

/**
 * A case: a hazard or a repair.
 *
 * @throws IllegalArgumentException where the text is none.
 */
public class CaseId(text: String) : Identity(text), Comparable<CaseId> {
    override fun compareTo(other: CaseId): Int = order(other)
}

/**
 * A person who acts. What people are called stays at the office.
 *
 * @throws IllegalArgumentException where the text is none.
 */
public class PersonId(text: String) : Identity(text), Comparable<PersonId> {
    override fun compareTo(other: PersonId): Int = order(other)
}

/**
 * Something that was recorded.
 *
 * @throws IllegalArgumentException where the text is none.
 */
public class EntryId(text: String) : Identity(text), Comparable<EntryId> {
    override fun compareTo(other: EntryId): Int = order(other)
}

/**
 * A device, as the office knows it: 4 bytes.
 *
 * @throws IllegalArgumentException where the text is none.
 */
public class AuthorTag(text: String) : Name(text), Comparable<AuthorTag> {
    private val decoded = decoded(4)

    override val bytes: ByteArray get() = decoded.copyOf()

    override fun compareTo(other: AuthorTag): Int = order(other)
}

/**
 * A photo, by the SHA-256 of its file.
 *
 * @throws IllegalArgumentException where the text is none.
 */
public class PhotoHash(text: String) : Name(text), Comparable<PhotoHash> {
    private val decoded = decoded(32)

    override val bytes: ByteArray get() = decoded.copyOf()

    override fun compareTo(other: PhotoHash): Int = order(other)
}

/**
 * An area, by its official code, such as `310101019005`.
 *
 * @throws IllegalArgumentException where the text is none.
 */
public class AreaId(text: String) : Name(text), Comparable<AreaId> {
    init {
        require(text.isNotEmpty()) { "an area has a code" }
        require(text.toByteArray().decodeToString() == text) { "half a surrogate is no character of a code" }
    }

    override val bytes: ByteArray get() = text.toByteArray()

    override fun compareTo(other: AreaId): Int = order(other)
}
