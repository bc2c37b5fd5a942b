/* Whole exchanges with the office, within a budget, for the background and the button. */
package doorstep

import kotlinx.coroutines.withTimeoutOrNull
import java.time.Duration

/**
 * What one run may use. `null` is without limit.
 *
 * @property time Wall time of the whole run; what is on its way then is cut, which costs nothing but the way.
 * @property bytes Bytes up and down, without HTTP. Counted before each request after the first two, so
 *   that every run gets on: a phone whose clock is in doubt needs one to prove it. A reply has at most 4 MiB.
 */
public data class SyncBudget(val time: Duration? = null, val bytes: Long? = null)

/** How a run ended that did not throw. */
public sealed class SyncOutcome {
    /** Nothing is left to exchange. */
    public data class Done(
        /** What the exchange brought. */
        val summary: Summary,
    ) : SyncOutcome()

    /** The budget is used up and work is left: the next run goes on from here. */
    public data class Spent(
        /** How far it came. */
        val progress: SyncProgress,
    ) : SyncOutcome()
}

/**
 * How far a run has come.
 *
 * @property roundTrips Replies taken.
 * @property bytes Bytes up and down, without HTTP.
 */
public data class SyncProgress(val roundTrips: Int, val bytes: Long)

/**
 * Exchanges with the office over a [link]. Every run begins where the last one ended, whatever ended it:
 * done, spent, cut or cancelled.
 */
public class SyncRunner(private val doorstep: Doorstep, private val link: OfficeLink) {
    /**
     * One run. [told] hears after each reply how far it has come, on a thread of its caller's context.
     *
     * @throws LinkException No reply came.
     * @throws DoorstepException The replica refuses, such as [DoorstepException.NotEnrolled].
     */
    public suspend fun run(
        budget: SyncBudget = SyncBudget(),
        told: (SyncProgress) -> Unit = {},
    ): SyncOutcome {
        var progress = SyncProgress(0, 0)
        val told = { now: SyncProgress ->
            progress = now
            told(now)
        }
        val time = budget.time ?: return exchange(budget.bytes, told)
        return withTimeoutOrNull(time.toMillis()) { exchange(budget.bytes, told) } ?: SyncOutcome.Spent(progress)
    }

    private suspend fun exchange(most: Long?, told: (SyncProgress) -> Unit): SyncOutcome {
        val office = doorstep.officeAddress()
        return doorstep.exchange().use { exchange ->
            var progress = SyncProgress(0, 0)
            var step = exchange.step()
            while (step is Step.Send) {
                val after = progress.bytes + step.request.size
                if (most != null && after > most && progress.roundTrips >= ALWAYS) return SyncOutcome.Spent(progress)
                val reply = link.carry(office, step.request)
                step = exchange.step(reply)
                progress = SyncProgress(progress.roundTrips + 1, after + reply.size)
                told(progress)
            }
            SyncOutcome.Done((step as Step.Done).summary)
        }
    }

    private companion object {
        /** Requests of a run, whatever its budget. */
        private const val ALWAYS = 2
    }
}
