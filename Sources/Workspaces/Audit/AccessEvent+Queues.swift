package import Foundation
package import Jobs

/// What operators do about queues and the jobs in them. Appended right behind the act, as what they do about dead letters is.
extension AccessEvent {
    /// That a queue was paused. The reason is left out: it is free text, and the log never forgets.
    package static func paused(_ queue: String, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.queuePaused, by: actor, in: nil, on: .queue(queue))
    }

    /// That a queue goes on.
    package static func resumed(_ queue: String, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.queueResumed, by: actor, in: nil, on: .queue(queue))
    }

    /// That a workspace, or every one without a limit of its own, was given a limit.
    package static func limited(_ limit: WorkspaceLimit, by actor: AccessActor) -> AccessEvent {
        var details: [String: String] = [:]
        details["running"] = limit.running.map { "\($0)" }
        details["per_second"] = limit.perSecond.map { "\($0)" }
        return AccessEvent(.queueLimited, by: actor, in: limit.workspace, on: .queue(limit.queue), details: details)
    }

    /// That a limit was taken away.
    package static func unlimited(_ queue: String, workspace: UUID?, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.queueUnlimited, by: actor, in: workspace, on: .queue(queue))
    }

    /// That the end of a job was asked for. Whether it came to that, the job's own story tells.
    /// - Parameter kind: of the job, where it is known.
    package static func cancelled(_ job: JobName, kind: String?, by actor: AccessActor) -> AccessEvent {
        var details: [String: String] = [:]
        details["kind"] = kind
        return AccessEvent(.jobCancelled, by: actor, in: job.workspace, on: .job(job.id), details: details)
    }
}
