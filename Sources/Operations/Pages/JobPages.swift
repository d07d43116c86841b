import Foundation
import Jobs
import Web

/// The search for jobs.
enum JobSearchPage {
    /// - Parameter words: of the search, which its fields keep.
    static func main(_ words: FilterWords, _ page: JobPage, nextCursor: String?) -> HTML {
        """
        <h1>Jobs</h1>
        <form method="get" action="/ops/jobs" class="filter">
        \(PageParts.field("Job id", name: "id", value: nil, hint: "019ab3…", size: 38))
        <button>Open</button>
        </form>
        <form method="get" action="/ops/jobs" class="filter">
        \(PageParts.field("Workspace", name: "workspace", value: words["workspace"], hint: "name or id"))
        \(PageParts.field("Kind", name: "kind", value: words["kind"], hint: "ticket.create"))
        \(PageParts.choice("State", name: "state", value: words["state"], of: states))
        \(PageParts.field("Accepted since", name: "since", value: words["since"], hint: "2h, or a time in UTC", size: 20))
        \(PageParts.field("Accepted before", name: "until", value: words["until"], hint: "2026-01-31T08:30", size: 20))
        <button class="main">Search</button>
        </form>
        \(table(page.lines, isAtEnd: page.next == nil))
        \(more(words, nextCursor))
        <p class="asof">Times are UTC. Jobs of stream kinds that wait are found by their ids.</p>
        """
    }

    private static let states: [(value: String, text: String)] =
        [(value: "", text: "any")] + JobFilter.State.allCases.map { (value: $0.rawValue, text: $0.rawValue) }

    private static func table(_ lines: [JobLine], isAtEnd: Bool) -> HTML {
        PageParts.table(
            head: """
                <th>Accepted</th><th>State</th><th>Kind</th><th>Job</th><th class="opt">Workspace</th><th class="n opt">Attempts</th>\
                <th class="opt">Ended</th><th>Error</th>
                """,
            rows: lines.map { row($0) }, empty: isAtEnd ? "No job is like that." : "None of the newest jobs is like that.")
    }

    private static func row(_ line: JobLine) -> HTML {
        """
        <tr><td>\(PageWords.moment(line.acceptedAt))</td><td>\(PageParts.state(line.state.rawValue))</td><td>\(line.kind)</td>\
        <td><a class="id" href="\(PageParts.jobAddress(line.key))" title="\(line.key.id.lowercased)">\(PageWords.short(line.key.id.lowercased))</a></td>\
        <td class="opt">\(line.slug)</td><td class="n opt">\(line.attempts)</td><td class="opt">\(PageWords.moment(line.finishedAt))</td>\
        <td class="text">\(PageWords.excerpt(line.error))</td></tr>

        """
    }

    private static func more(_ words: FilterWords, _ cursor: String?) -> HTML {
        guard let cursor else { return .empty }
        let address = words.address("/ops/jobs", cursor: cursor)
        return "<p class=\"more\"><a href=\"\(address)\">Older ones</a></p>"
    }
}

/// One job: what it is, and everything that happened to it.
enum JobAccountPage {
    static func main(_ account: JobAccount, _ running: RunningNow?, _ visitor: Visitor, isCancellable: Bool, notice: HTML) -> HTML {
        """
        <h1>\(account.kind) <span class="id">\(account.key.id.lowercased)</span> \(PageParts.state(account.state.rawValue))</h1>
        \(notice)
        <dl>
        \(facts(account, running))
        </dl>
        \(actions(account, visitor, isCancellable: isCancellable))
        <h2>What happened</h2>
        <ol class="story">
        \(account.events.map { event($0) })
        </ol>
        \(gaps(account))
        """
    }

    // MARK: Facts

    private static func facts(_ account: JobAccount, _ running: RunningNow?) -> HTML {
        var facts: HTML = ""
        facts += PageParts.fact("Workspace", HTML(text: account.slug ?? account.key.workspace.lowercased))
        if let queue = account.queue { facts += PageParts.fact("Queue", "<a href=\"\(PageParts.queueAddress(queue))\">\(queue)</a>") }
        facts += PageParts.fact("Accepted", PageWords.moment(account.acceptedAt))
        if let due = account.dueAt { facts += PageParts.fact("Due", PageWords.moment(due)) }
        if let finished = account.finishedAt {
            let seconds = finished.timeIntervalSince(account.acceptedAt)
            facts += PageParts.fact("Ended", "\(PageWords.moment(finished)), \(PageWords.length(seconds)) after it was accepted")
        }
        facts += PageParts.fact("Attempts that ended", HTML(text: "\(account.attempts)"))
        if let worker = account.worker {
            facts += PageParts.fact("Ended by", "\(worker.name ?? worker.id.lowercased) <span class=\"none\">\(worker.host ?? "")</span>")
        }
        if let running {
            facts += PageParts.fact(
                "Runs at", "\(running.worker) <span class=\"none\">\(running.host)</span>, for \(PageWords.length(running.running.seconds))")
        }
        if let progress = account.progress ?? running?.running.progress, progress.isFinite {
            facts += PageParts.fact("Progress", PageParts.progress(progress, note: account.note ?? running?.running.note))
        }
        if let trace = account.traceID { facts += PageParts.fact("Trace", "<span class=\"id\">\(trace)</span>") }
        if let version = account.version { facts += PageParts.fact("Payload version", HTML(text: "\(version)")) }
        if let result = account.result.flatMap({ JobAccountBody.withoutSecrets($0) }) {
            facts += PageParts.fact("Result", "<code>\(String(decoding: result.bytes(), as: UTF8.self))</code>")
        }
        if let error = account.error { facts += PageParts.fact("Last error", HTML(text: error)) }
        return facts
    }

    // MARK: What can be done

    private static func actions(_ account: JobAccount, _ visitor: Visitor, isCancellable: Bool) -> HTML {
        var actions: HTML = ""
        if account.letter != nil {
            actions += "<p><a href=\"\(PageParts.letterAddress(account.key.id.lowercased))\">Its dead letter</a></p>\n"
        }
        guard !account.state.isFinal else { return actions }
        guard isCancellable else { return actions + "<p class=\"notice\">A job of this kind cannot be cancelled.</p>" }
        guard account.cancelRequestedAt == nil else {
            return actions + "<p class=\"notice\">Its end was asked for. The worker that gets it decides.</p>"
        }
        return actions
            + PageParts.confirmed(
                "Cancel this job …", action: PageAddress.path("ops", "jobs", account.key.id.lowercased, "cancel"), visitor,
                warning: "It ends as cancelled when its turn comes, unless it is done by then. This cannot be taken back.",
                content: """
                    \(PageParts.hidden("workspace", account.key.workspace.lowercased))
                    <button class="bad">Cancel the job</button>
                    """)
    }

    private static func gaps(_ account: JobAccount) -> HTML {
        var gaps: HTML = ""
        if account.isUnderWay {
            gaps += "<p class=\"notice warn\">It was accepted, and nobody has confirmed yet that it is in its queue. A relay looks after that.</p>"
        }
        if !account.isQueueKnown {
            gaps += "<p class=\"notice warn\">The queue's store does not answer: failures since the last start of the job are not known.</p>"
        }
        return gaps
    }

    // MARK: The story

    static func event(_ event: JobEvent) -> HTML {
        """
        <li class="\(mood(event.name))"><span class="what">\(title(of: event))</span> \(time(of: event)) \(detail(of: event))\(reason(of: event))</li>

        """
    }

    private static func mood(_ name: JobEvent.Name) -> String {
        switch name {
        case .done: "good"
        case .died, .discarded: "bad"
        case .failed, .cancelRequested, .cancelled: "warn"
        case .accepted, .scheduled, .replayed, .running, .due: "plain"
        }
    }

    private static func title(of event: JobEvent) -> HTML {
        switch event.name {
        case .accepted: "Accepted"
        case .scheduled: "Not to be begun before"
        case .failed: "Attempt \(event.attempt ?? 0) failed"
        case .died: "Attempt \(event.attempt ?? 0) failed, and it died"
        case .replayed: "Replayed"
        case .discarded: "Dead letter discarded"
        case .cancelRequested: "Its end was asked for"
        case .running: "Running, attempt \(event.attempt ?? 0)"
        case .due: "Next attempt"
        case .done: "Done"
        case .cancelled: "Cancelled"
        }
    }

    private static func time(of event: JobEvent) -> HTML {
        guard event.at == nil else { return PageWords.moment(event.at) }
        return event.name == .running ? "<span class=\"none\">now</span>" : "<span class=\"none\">time unknown</span>"
    }

    private static func detail(of event: JobEvent) -> HTML {
        var detail: HTML = ""
        if let code = event.code { detail += " <code>\(code)</code>" }
        if let by = event.by { detail += " <span class=\"none\">by \(by)</span>" }
        if event.generation > 0, event.name != .replayed { detail += " <span class=\"none\">(after replay \(event.generation))</span>" }
        return detail
    }

    private static func reason(of event: JobEvent) -> HTML {
        guard let text = event.text, !text.isEmpty else { return .empty }
        return "<div class=\"why\">\(text)</div>"
    }
}
