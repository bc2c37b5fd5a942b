/* Which thread draws: nothing may block it. Android's and the desktop's are known; others are not. */
package doorstep

import java.lang.reflect.Method

internal object UiThread {
    /** Android's; the class path of a plain JVM has none. */
    private val mainLooper: Any?
    private val myLooper: Method?

    init {
        val looper = try {
            Class.forName("android.os.Looper")
        } catch (_: ClassNotFoundException) {
            null
        }
        mainLooper = looper?.getMethod("getMainLooper")?.invoke(null)
        myLooper = looper?.getMethod("myLooper")
    }

    /** Throws on the thread that draws. */
    fun refuse() {
        check(!isThis()) { "this call blocks, and this is the UI thread: call it from another, or use Doorstep" }
    }

    private fun isThis(): Boolean {
        if (mainLooper != null && myLooper?.invoke(null) === mainLooper) return true
        return Thread.currentThread().javaClass.name == "java.awt.EventDispatchThread"
    }
}
