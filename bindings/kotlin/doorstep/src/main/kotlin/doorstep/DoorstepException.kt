/*
 * Why a call did not do what it was asked. The kinds are closed: these classes. The codes are open: a
 * newer office may send one that is unknown here, and its words come with it.
 */
package doorstep

/**
 * Why a call did not do what it was asked.
 *
 * Show [zh] or [en] to the person. Every kind says what became of the work; none of them loses any.
 */
public sealed class DoorstepException(private val problem: Problem) :
    RuntimeException("${problem.en} (${problem.code})") {
    /** Key of the message catalogue, for ever the same. */
    public val code: String get() = problem.code

    /** The same call may work later without anybody changing anything. */
    public val isRetryable: Boolean get() = problem.retryable

    /** The words for the person, Chinese. */
    public val zh: String get() = problem.zh

    /** The words for the person, English. */
    public val en: String get() = problem.en

    /** What the words name, by its name in the message. */
    public val details: Map<String, String> = problem.details.associate { it.name to it.value }

    /** The request breaks a rule; nothing was written. */
    public class Refused internal constructor(problem: Problem) : DoorstepException(problem)

    /** An argument does not have its form; nothing was done. */
    public class BadArgument internal constructor(problem: Problem) : DoorstepException(problem)

    /** The named thing is not in this replica. */
    public class NotFound internal constructor(problem: Problem) : DoorstepException(problem)

    /** This replica belongs to nobody yet. */
    public class NotEnrolled internal constructor(problem: Problem) : DoorstepException(problem)

    /** Closed, or paused and not resumed. */
    public class Closed internal constructor(problem: Problem) : DoorstepException(problem)

    /** The request id stands for another write. */
    public class RequestReused internal constructor(problem: Problem) : DoorstepException(problem)

    /** The store cannot be used. Nothing was deleted; [Doorstep.rescue] takes out what is readable. */
    public class Store internal constructor(problem: Problem) : DoorstepException(problem)

    /** The office's or a peer's bytes are not its word; nothing was taken from them. */
    public class Peer internal constructor(problem: Problem) : DoorstepException(problem)

    /** A fault of the library: the call broke off. What was returned as saved is saved. */
    public class Broken internal constructor(problem: Problem) : DoorstepException(problem)
}

/** Asks the handle of a replica. */
internal inline fun <T> Core.ask(act: (Core) -> T): T = asked({ uniffiIsDestroyed }) { act(this) }

/** Asks a handle; its errors leave as errors of this library, and a freed handle is a closed one. */
internal inline fun <T> asked(isFreed: () -> Boolean, act: () -> T): T = try {
    ownErrors(act)
} catch (error: IllegalStateException) {
    throw if (isFreed()) closed() else error
}

/** Errors of the generated code leave as errors of this library; where the two do not fit, nothing is called. */
internal inline fun <T> ownErrors(act: () -> T): T {
    Library.check()
    return try {
        act()
    } catch (error: CoreException) {
        throw error.own()
    }
}

/** What a call on a closed replica throws. */
internal fun closed(): DoorstepException {
    val words = coreWords("call.closed")
    return DoorstepException.Closed(Problem("call.closed", false, words.zh, words.en, emptyList()))
}

@PublishedApi
internal fun CoreException.own(): DoorstepException = when (this) {
    is CoreException.Refused -> DoorstepException.Refused(problem)
    is CoreException.BadArgument -> DoorstepException.BadArgument(problem)
    is CoreException.NotFound -> DoorstepException.NotFound(problem)
    is CoreException.NotEnrolled -> DoorstepException.NotEnrolled(problem)
    is CoreException.Closed -> DoorstepException.Closed(problem)
    is CoreException.RequestReused -> DoorstepException.RequestReused(problem)
    is CoreException.Store -> DoorstepException.Store(problem)
    is CoreException.Peer -> DoorstepException.Peer(problem)
    is CoreException.Broken -> DoorstepException.Broken(problem)
}
