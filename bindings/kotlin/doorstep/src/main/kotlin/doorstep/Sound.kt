/*
 * What is written, as it goes to the library. A Kotlin text can hold half a surrogate, which is no character
 * and cannot be written as UTF-8: it becomes U+FFFD. A list is its caller's, who may change it after the
 * call: it is copied. Everything else goes as it is.
 */
package doorstep

private const val REPLACEMENT = '\uFFFD'

internal fun String.sound(): String {
    val first = indices.firstOrNull { isHalf(it) } ?: return this
    val sound = StringBuilder(this)
    for (at in first until length) {
        if (isHalf(at)) sound.setCharAt(at, REPLACEMENT)
    }
    return sound.toString()
}

private fun String.isHalf(at: Int): Boolean {
    val char = this[at]
    return when {
        char.isHighSurrogate() -> getOrNull(at + 1)?.isLowSurrogate() != true
        char.isLowSurrogate() -> getOrNull(at - 1)?.isHighSurrogate() != true
        else -> false
    }
}

internal fun Seen.sound(): Seen = when (this) {
    is Seen.Faults -> Seen.Faults(codes.map { it.sound() })
    is Seen.Other -> Seen.Other(text.sound())
    is Seen.Normal, is Seen.Missing -> this
}

internal fun Targets.sound(): Targets = Targets(doors.toList(), assets.toList())

internal fun NewVisit.sound(): NewVisit = copy(note = note?.sound())

internal fun NewLook.sound(): NewLook = copy(seen = seen.sound(), note = note?.sound(), photos = photos.toList())

internal fun Right.sound(): Right = when (this) {
    is Right.Check -> Right.Check(seen.sound())
    is Right.Visit -> this
}

internal fun NewPlace.sound(): NewPlace = copy(name = name.sound())

internal fun NewAsset.sound(): NewAsset =
    copy(assetType = assetType.sound(), label = label?.sound(), size = size?.sound())

internal fun NewValue.sound(): NewValue = when (this) {
    is NewValue.Name -> NewValue.Name(text.sound())
    is NewValue.Label -> NewValue.Label(code.sound())
    is NewValue.AssetType -> NewValue.AssetType(code.sound())
    is NewValue.Size -> NewValue.Size(text.sound())
    is NewValue.HouseholdState -> NewValue.HouseholdState(state.sound())
    is NewValue.Nothing, is NewValue.Factory, is NewValue.Place, is NewValue.MakerLife,
    is NewValue.BatteryMonth, is NewValue.Order,
    -> this
}

internal fun NewService.sound(): NewService = copy(firm = firm?.sound(), note = note?.sound())

internal fun NewHandout.sound(): NewHandout = copy(unit = unit.sound(), item = item.sound())

internal fun NewCase.sound(): NewCase =
    copy(kind = kind.sound(), note = note?.sound(), photos = photos.toList())

internal fun Fix.sound(): Fix = copy(note = note?.sound(), photos = photos.toList())

internal fun NewStep.sound(): NewStep = copy(
    event = event.sound(),
    note = note?.sound(),
    body = body?.sound(),
    receipt = receipt?.sound(),
    helpers = helpers.map { it.sound() },
    photos = photos.toList(),
)

private fun CaseEvent.sound(): CaseEvent = if (this is CaseEvent.Other) CaseEvent.Other(name.sound()) else this

internal fun AssetFilter.sound(): AssetFilter = copy(assetType = assetType?.sound())
