/*
 * Whether the native library is the one that the generated code was made for. Another one would be called
 * with arguments that it reads otherwise.
 */
package doorstep

internal object Library {
    /** Why it is not, or is not there at all. */
    private val misfit: LinkageError? = try {
        uniffiEnsureInitialized()
        null
    } catch (error: LinkageError) {
        error
    }

    /** Looked at once in a process, before the first call; what does not fit never does. */
    fun check() {
        if (misfit == null) return
        val problem = Problem(
            "library.mismatch",
            false,
            "应用的程序不完整或版本不一致，什么也没有改动。请重新安装应用。",
            "Parts of the app are missing or of another version; nothing was touched. Install the app anew.",
            emptyList(),
        )
        throw DoorstepException.Broken(problem).initCause(misfit)
    }
}
