/// What operators do about queues. Appended right behind the act, as what they do about dead letters is.
extension AccessEvent {
    /// That a queue was paused. The reason is left out: it is free text, and the log never forgets.
    package static func paused(_ queue: String, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.queuePaused, by: actor, in: nil, on: .queue(queue))
    }

    /// That a queue goes on.
    package static func resumed(_ queue: String, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.queueResumed, by: actor, in: nil, on: .queue(queue))
    }
}
