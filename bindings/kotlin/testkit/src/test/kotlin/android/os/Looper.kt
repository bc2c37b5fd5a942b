/* Stands for Android's: a test says which thread draws. */
package android.os

class Looper private constructor() {
    companion object {
        private val main = Looper()

        /** What the thread that asks has. */
        @JvmStatic
        var mine: Looper? = null

        @JvmStatic
        fun getMainLooper(): Looper = main

        @JvmStatic
        fun myLooper(): Looper? = mine
    }
}
