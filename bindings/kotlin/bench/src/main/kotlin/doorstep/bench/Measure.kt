/*
 * Three calls of an app through the library, measured: nothing, one check, a page of doors. The benchmark
 * in Rust makes the street, and does the same on one of its own: tests/bench/src/kotlin.rs.
 */
package doorstep.bench

import doorstep.Doorstep
import doorstep.NewLook
import doorstep.Seen
import kotlinx.coroutines.runBlocking
import java.io.File

/** Rows of a page. */
private const val ROWS = 50

/** With this marker the street was made: another one would begin a new author. */
private val MARKER = ByteArray(16) { 1 }

/**
 * Measures on the street in the folder that is named, each call as often as the numbers after it say, and
 * prints how long each took in nanoseconds, as JSON.
 */
public fun main(arguments: Array<String>) {
    val counts = arguments.drop(1).map { it.toInt() }
    val told = runBlocking {
        Doorstep.open(File(arguments.first()), null, MARKER).use { measure(it, counts) }
    }
    println(told)
}

private suspend fun measure(phone: Doorstep, counts: List<Int>): String {
    val (calls, records, pages) = counts
    val area = phone.areas().single()
    val building = phone.places(area).rows.single().id
    val assets = phone.assets(area, limit = ROWS).rows.map { it.id }
    val round = phone.openRound(building)
    val call = times(calls) { phone.change() }
    val record = times(records) { phone.check(round, NewLook(assets[it % assets.size], Seen.Normal)) }
    val page = times(pages) { check(phone.places(area, building, limit = ROWS).rows.size == ROWS) }
    val lines = listOf("call" to call, "record" to record, "page" to page)
    return lines.joinToString(",", "{", "}") { (name, times) -> "\"$name\":${times.contentToString()}" }
}

/** How long each of [count] calls took, after as many that warm everything up. */
private inline fun times(count: Int, call: (Int) -> Unit): LongArray {
    val times = LongArray(count)
    for (number in 0 until 2 * count) {
        val before = System.nanoTime()
        call(number)
        val passed = System.nanoTime() - before
        if (number >= count) times[number - count] = passed
    }
    return times
}
