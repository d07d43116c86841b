package import Jobs

/// What operators do about dead letters. The engine knows no access log, so whoever acts appends these right behind the act.
extension AccessEvent {
    /// That a letter was replayed or discarded.
    package init(_ act: DeadLetterAct, on letter: JobName, kind: String, by actor: AccessActor) {
        self.init(act.action, by: actor, in: letter.workspace, on: .job(letter.id), details: ["kind": kind])
    }

    /// That so many letters of a filter were replayed or discarded at once. Which ones, their own histories tell. The text that was
    /// looked for in their errors is left out: it may be about a person.
    package init(_ act: DeadLetterAct, on filter: DeadLetterFilter, count: Int, by actor: AccessActor) {
        var details = ["count": "\(count)"]
        details["code"] = filter.code
        details["queue"] = filter.queue
        self.init(act.action, by: actor, in: filter.workspace, on: .deadLetters(ofKind: filter.kind), details: details)
    }
}

extension DeadLetterAct {
    var action: AccessAction {
        switch self {
        case .replay: .deadLetterReplayed
        case .discard: .deadLetterDiscarded
        }
    }
}
