/* One run in the background, whatever starts it, and what its end asks for. Nothing of Android is known here. */
package doorstep.background

import doorstep.DoorstepException
import doorstep.LinkException
import doorstep.OfficeLink
import doorstep.SharedReplica
import doorstep.Summary
import doorstep.SyncBudget
import doorstep.SyncOutcome
import doorstep.SyncProgress
import doorstep.SyncRunner
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import java.time.Duration

/** What the background has to know of an app. The `Application` says it. */
public interface SyncsInBackground {
    /** The replica that the whole app uses. */
    public val replica: SharedReplica

    /** The way to the office. */
    public val link: OfficeLink

    /** Hears how a run ended, on a thread of the library's. One that the system stopped has no end. */
    public fun ended(end: SyncEnd) {}
}

/** How a run in the background ended. */
public sealed class SyncEnd {
    /** Nothing is left to exchange. */
    public data class Done(
        /** What the exchange brought. */
        val summary: Summary,
    ) : SyncEnd()

    /** The budget is used up and work is left: another run goes on from here, as soon as it may if this one got on. */
    public data class Spent(
        /** How far it came. */
        val progress: SyncProgress,
    ) : SyncEnd()

    /** It is tried again: no network after all, an office that has too much to do, a Keystore that is busy. */
    public data class Later(
        /** Why; `null` where there is no replica, or nothing unwraps its secrets any more. */
        val why: Exception?,
        /** How long the office asked to be left alone; `null` where it did not ask. */
        val after: Duration?,
    ) : SyncEnd()

    /** It is not tried again before the next time that was planned: the person has to do something. */
    public data class Refused(
        /** Why. A [LinkException] and a [DoorstepException] have the words for the person. */
        val why: Exception,
    ) : SyncEnd()
}

/**
 * One run of [app] within [budget], for a worker of whatever scheduler. It begins where the last one ended.
 * Cancelling it cuts the connection, lets go of the replica and costs nothing but the way.
 */
public suspend fun syncOnce(app: SyncsInBackground, budget: SyncBudget): SyncEnd = try {
    val outcome = app.replica.useKept { SyncRunner(it, app.link).run(budget) }
    when (outcome) {
        null -> SyncEnd.Later(null, null)
        is SyncOutcome.Done -> SyncEnd.Done(outcome.summary)
        is SyncOutcome.Spent -> SyncEnd.Spent(outcome.progress)
    }
} catch (error: LinkException) {
    val after = (error as? LinkException.Busy)?.retryAfter
    if (error.isRetryable) SyncEnd.Later(error, after) else SyncEnd.Refused(error)
} catch (error: DoorstepException) {
    if (error.isRetryable) SyncEnd.Later(error, null) else SyncEnd.Refused(error)
} catch (error: Exception) {
    // A Keystore that is busy, a disk that does not read, an app's own link: nobody here would hear of it.
    currentCoroutineContext().ensureActive()
    SyncEnd.Later(error, null)
}
