/* The service that the system starts for a job, ends when it likes, and hears from how it went. */
package doorstep.background

import android.app.job.JobParameters
import android.app.job.JobService
import android.os.Handler
import android.os.Looper
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import java.time.Duration

/** Runs what [BackgroundSync] asked for. It stands in the manifest that comes with the library. */
public class SyncJob : JobService() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    private val main = Handler(Looper.getMainLooper())

    /** Runs by the number of their job, on the main thread alone. */
    private val running = mutableMapOf<Int, Job>()

    override fun onStartJob(parameters: JobParameters): Boolean {
        val app = applicationContext as? SyncsInBackground
            ?: error("the Application has to be a doorstep.background.SyncsInBackground")
        val plan = SyncPlan.of(parameters.extras)
        running[parameters.jobId] = scope.launch {
            val run = coroutineContext.job
            val end = syncOnce(app, plan.budget)
            main.post { ended(run, parameters, plan, end) }
            app.ended(end)
        }
        return true
    }

    private fun ended(run: Job, parameters: JobParameters, plan: SyncPlan, end: SyncEnd) {
        // Stopped meanwhile: the system knows.
        if (!running.remove(parameters.jobId, run)) return
        val wait = when (end) {
            // What got nowhere would get nowhere at once: the system waits longer each time.
            is SyncEnd.Spent -> Duration.ZERO.takeIf { end.progress.roundTrips > 0 }
            is SyncEnd.Later -> end.after
            is SyncEnd.Done, is SyncEnd.Refused -> null
        }
        val isOver = end is SyncEnd.Done || end is SyncEnd.Refused
        jobFinished(parameters, !isOver && wait == null)
        if (wait != null) BackgroundSync.of(this, parameters.extras).soon(plan, wait)
    }

    /** The network went, the time is over, or somebody cancelled: it is cut and, unless cancelled, tried again. */
    override fun onStopJob(parameters: JobParameters): Boolean {
        running.remove(parameters.jobId)?.cancel()
        return true
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }
}
