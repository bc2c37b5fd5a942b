/* What a form hands over, for Java: its constructors have Kotlin's unsigned numbers, which Java cannot name. */
package doorstep

import java.time.LocalDate

/**
 * Makes what Java cannot: what has a count in it. See the class that each makes for what its values mean.
 *
 * @throws IllegalArgumentException where a number is none of its kind, such as one below 0.
 */
public object ForJava {
    private const val BYTE = 0xFF

    /** See [NewCase]. */
    @JvmStatic
    @JvmOverloads
    public fun newCase(
        about: CaseClass,
        kind: String,
        place: PlaceId,
        level: Int = 1,
        note: String? = null,
        photos: List<PhotoHash> = emptyList(),
        asset: AssetId? = null,
        suspected: Boolean = false,
        round: Round? = null,
    ): NewCase = NewCase(about, kind, place, asset, byte(level), suspected, note, photos, round)

    /** See [NewStep]. */
    @JvmStatic
    @JvmOverloads
    public fun newStep(
        event: CaseEvent,
        note: String? = null,
        day: LocalDate? = null,
        body: String? = null,
        receipt: String? = null,
        into: CaseId? = null,
        passed: Boolean? = null,
        level: Int? = null,
        approvedBy: PersonId? = null,
        helpers: List<String> = emptyList(),
        photos: List<PhotoHash> = emptyList(),
    ): NewStep = NewStep(event, note, day, body, receipt, into, passed, level?.let(::byte), approvedBy, helpers, photos)

    /** See [NewPlace]. */
    @JvmStatic
    @JvmOverloads
    public fun newPlace(kind: PlaceKind, name: String, parent: PlaceId? = null, order: Int? = null): NewPlace =
        NewPlace(kind, name, parent, order?.let(::count))

    /** See [NewAsset]. */
    @JvmStatic
    @JvmOverloads
    public fun newAsset(
        assetType: String,
        place: PlaceId,
        registration: Registration,
        label: String? = null,
        factory: Factory? = null,
        size: String? = null,
        batch: EntryId? = null,
        makerLifeYears: Int? = null,
    ): NewAsset = NewAsset(assetType, place, registration, label, factory, size, batch, makerLifeYears?.let(::byte))

    /** See [NewHandout]. */
    @JvmStatic
    @JvmOverloads
    public fun newHandout(
        batch: EntryId,
        quantity: Int,
        unit: String,
        item: String,
        day: LocalDate? = null,
    ): NewHandout = NewHandout(batch, count(quantity), unit, item, day)

    /** See [NewValue.MakerLife]. */
    @JvmStatic
    public fun makerLife(years: Int): NewValue = NewValue.MakerLife(byte(years))

    /** See [NewValue.Order]. */
    @JvmStatic
    public fun order(order: Int): NewValue = NewValue.Order(count(order))

    private fun byte(number: Int): UByte {
        require(number in 0..BYTE) { "$number is not from 0 to $BYTE" }
        return number.toUByte()
    }

    private fun count(number: Int): UInt {
        require(number >= 0) { "$number is below 0" }
        return number.toUInt()
    }
}
