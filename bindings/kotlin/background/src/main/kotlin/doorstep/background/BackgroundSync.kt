/* When Android lets the app sync in the background: the jobs that are asked for. What one does is the service's. */
package doorstep.background

import android.app.job.JobInfo
import android.app.job.JobScheduler
import android.content.ComponentName
import android.content.Context
import android.os.Build
import android.os.PersistableBundle
import doorstep.SyncBudget
import java.time.Duration

/**
 * What runs in the background may use.
 *
 * @property every How often, about: the system chooses the moment, at most once in 15 minutes.
 * @property time Wall time of one run. The system ends a job after 10 minutes.
 * @property bytes Bytes of one run up and down; see [SyncBudget.bytes].
 * @property unmeteredOnly Only over networks that cost nothing.
 * @property backoff How long after a first failure it is tried again; twice as long after each further one.
 */
public data class SyncPlan(
    val every: Duration = Duration.ofHours(1),
    val time: Duration = Duration.ofMinutes(8),
    val bytes: Long = 8L * 1024 * 1024,
    val unmeteredOnly: Boolean = false,
    val backoff: Duration = Duration.ofSeconds(30),
) {
    internal val budget get() = SyncBudget(time, bytes)

    internal fun toExtras() = PersistableBundle().apply {
        putLong(EVERY, every.toMillis())
        putLong(TIME, time.toMillis())
        putLong(BYTES, bytes)
        putBoolean(UNMETERED, unmeteredOnly)
        putLong(BACKOFF, backoff.toMillis())
    }

    internal companion object {
        private const val EVERY = "every"
        private const val TIME = "time"
        private const val BYTES = "bytes"
        private const val UNMETERED = "unmetered"
        private const val BACKOFF = "backoff"

        /** The plan that a job was asked for with; the process may be another one since. */
        fun of(extras: PersistableBundle): SyncPlan {
            val usual = SyncPlan()
            return SyncPlan(
                Duration.ofMillis(extras.getLong(EVERY, usual.every.toMillis())),
                Duration.ofMillis(extras.getLong(TIME, usual.time.toMillis())),
                extras.getLong(BYTES, usual.bytes),
                extras.getBoolean(UNMETERED, usual.unmeteredOnly),
                Duration.ofMillis(extras.getLong(BACKOFF, usual.backoff.toMillis())),
            )
        }
    }
}

/**
 * Syncs in the background by the system's own scheduler, without a library in between. The `Application`
 * is a [SyncsInBackground]. Jobs need a network and outlive a restart of the phone.
 *
 * @param firstJob The number of the first of two jobs: no other job of the app may have it or the next.
 */
public class BackgroundSync @JvmOverloads constructor(
    private val context: Context,
    private val firstJob: Int = FIRST_JOB,
) {
    private val scheduler = context.getSystemService(JobScheduler::class.java)

    /** Syncs every now and then. Asked again with the same plan, what is waiting is left as it is. */
    @JvmOverloads
    public fun keepUp(plan: SyncPlan = SyncPlan()) {
        val waiting = scheduler.getPendingJob(firstJob)?.let { SyncPlan.of(it.extras) }
        if (waiting != plan) scheduler.schedule(job(firstJob, plan).setPeriodic(plan.every.toMillis()).build())
    }

    /**
     * Syncs once, when there is a network: after the evening's last tap. It takes the place of one that is
     * waiting, and ends one that is running.
     *
     * @param after Not before this time is over.
     */
    @JvmOverloads
    public fun soon(plan: SyncPlan = SyncPlan(), after: Duration = Duration.ZERO) {
        scheduler.schedule(job(firstJob + 1, plan).setMinimumLatency(after.toMillis()).build())
    }

    /** Asks for no more, and ends what is running. */
    public fun cancel() {
        scheduler.cancel(firstJob)
        scheduler.cancel(firstJob + 1)
    }

    private fun job(number: Int, plan: SyncPlan): JobInfo.Builder {
        val network = if (plan.unmeteredOnly) JobInfo.NETWORK_TYPE_UNMETERED else JobInfo.NETWORK_TYPE_ANY
        val extras = plan.toExtras().apply { putInt(FIRST, firstJob) }
        val job = JobInfo.Builder(number, ComponentName(context, SyncJob::class.java))
            .setRequiredNetworkType(network)
            .setPersisted(true)
            .setBackoffCriteria(plan.backoff.toMillis(), JobInfo.BACKOFF_POLICY_EXPONENTIAL)
            .setExtras(extras)
        // Of a usual run; the first one brings a few hundred KiB.
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) job.setEstimatedNetworkBytes(DOWN, UP)
        return job
    }

    internal companion object {
        private const val FIRST_JOB = 0x0D00_0001
        private const val FIRST = "first"
        private const val DOWN = 16L * 1024
        private const val UP = 16L * 1024

        /** Those whose job has these extras. */
        fun of(context: Context, extras: PersistableBundle): BackgroundSync =
            BackgroundSync(context, extras.getInt(FIRST, FIRST_JOB))
    }
}
