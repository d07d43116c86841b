import Foundation
import Jobs
import Web

/// The list of dead letters.
enum DeadLetterListPage {
    static func main(_ words: FilterWords, _ lines: [DeadLetterLine], nextCursor: String?, notice: HTML) -> HTML {
        """
        <h1>Dead letters</h1>
        \(notice)
        <form method="get" action="/ops/dead-letters" class="filter">
        \(PageParts.field("Kind", name: "kind", value: words["kind"], hint: "ticket.create"))
        \(PageParts.field("Code", name: "code", value: words["code"]))
        \(PageParts.field("Queue", name: "queue", value: words["queue"]))
        \(PageParts.field("Workspace", name: "workspace", value: words["workspace"], hint: "name or id"))
        \(PageParts.field("Died since", name: "since", value: words["since"], hint: "2h, or a time in UTC", size: 20))
        \(PageParts.field("Died before", name: "until", value: words["until"], hint: "2026-01-31T08:30", size: 20))
        \(PageParts.field("Error holds", name: "text", value: words["text"]))
        \(PageParts.choice("State", name: "state", value: words["state"], of: states))
        <button class="main">Show</button>
        </form>
        \(table(lines))
        \(more(words, nextCursor))
        \(bulk(words, isEmpty: lines.isEmpty))
        """
    }

    private static let states: [(value: String, text: String)] = [
        (value: "", text: "open"), (value: "replayed", text: "replayed"), (value: "discarded", text: "discarded"), (value: "all", text: "all"),
    ]

    private static func table(_ lines: [DeadLetterLine]) -> HTML {
        PageParts.table(
            head: """
                <th>Died</th><th>Kind</th><th>Code</th><th>Job</th><th class="opt">State</th><th class="n opt">Attempts</th>\
                <th class="n opt">Replays</th><th>Error</th>
                """,
            rows: lines.map { row($0) }, empty: "No dead letter is like that.")
    }

    private static func row(_ line: DeadLetterLine) -> HTML {
        let id = line.key.id.lowercased
        return """
            <tr><td>\(PageWords.moment(line.diedAt))</td><td>\(line.kind)</td><td><code>\(line.code)</code></td>\
            <td><a class="id" href="\(PageParts.letterAddress(id))" title="\(id)">\(PageWords.short(id))</a></td>\
            <td class="opt">\(PageParts.state(line.state.rawValue))</td><td class="n opt">\(line.attempts)</td><td class="n opt">\(line.replays)</td>\
            <td class="text">\(PageWords.excerpt(line.error))</td></tr>

            """
    }

    private static func more(_ words: FilterWords, _ cursor: String?) -> HTML {
        guard let cursor else { return .empty }
        let address = words.address("/ops/dead-letters", cursor: cursor)
        return "<p class=\"more\"><a href=\"\(address)\">Older ones</a></p>"
    }

    private static func bulk(_ words: FilterWords, isEmpty: Bool) -> HTML {
        guard !isEmpty, words["state"] == nil || words["state"] == LetterStates.open.rawValue else { return .empty }
        let address = words.address("/ops/dead-letters/replay")
        return "<p><a href=\"\(address)\">Replay all of these …</a> <span class=\"none\">It shows first which they are.</span></p>"
    }
}

/// What a bulk replay would do, with the form that does it.
enum BulkReplayPage {
    /// - Parameters:
    ///   - since: the filter's, as a time: `2h` would mean fewer letters the longer the operator looks.
    ///   - until: letters that die later were not seen, and are not meant.
    static func main(_ words: FilterWords, _ groups: [DeadLetterGroup], since: String?, until: String, _ visitor: Visitor) -> HTML {
        let total = groups.reduce(0) { $0 + $1.count }
        let head: HTML = "<th>Kind</th><th>Code</th><th class=\"n\">Letters</th><th>Oldest</th><th>Newest</th>"
        return """
            <h1>Replay dead letters</h1>
            <p>Nothing has been done yet. These open letters are meant\(chosen(words)):</p>
            \(PageParts.table(head: head, rows: groups.map { row($0) }, empty: "None: there is nothing to replay."))
            \(total > 0 ? form(words, total, since: since, until: until, visitor) : HTML.empty)
            <p><a href="\(words.address("/ops/dead-letters"))">Back to the list</a></p>
            """
    }

    private static func row(_ group: DeadLetterGroup) -> HTML {
        """
        <tr><td>\(group.kind)</td><td><code>\(group.code)</code></td><td class="n">\(PageWords.count(group.count))</td>\
        <td>\(PageWords.moment(group.oldest))</td><td>\(PageWords.moment(group.newest))</td></tr>

        """
    }

    private static func chosen(_ words: FilterWords) -> HTML {
        let given = words.pairs.compactMap { pair in pair.value.map { "\(pair.name) \($0)" } }
        return given.isEmpty ? ", all that there are" : ", by \(given.joined(separator: ", "))"
    }

    private static func form(_ words: FilterWords, _ total: Int, since: String?, until: String, _ visitor: Visitor) -> HTML {
        var fields: [HTML] = []
        for (name, value) in words.pairs {
            if let value, name != "since", name != "until", name != "state" { fields.append(PageParts.hidden(name, value)) }
        }
        if let since { fields.append(PageParts.hidden("since", since)) }
        let count = min(total, OperatorDesk.most)
        let part: HTML = count < total ? "the newest \(PageWords.grouped(count))" : "all \(PageWords.grouped(total))"
        return PageParts.form(
            "/ops/dead-letters/replay", visitor,
            """
            \(fields)
            \(PageParts.hidden("until", until))
            <button class="main">Replay \(part)</button>
            """)
    }
}

/// One dead letter: why its job died, what was done about it, and what it was to do.
enum DeadLetterPage {
    static func main(_ letter: DeadLetter, slug: String?, _ visitor: Visitor, notice: HTML) -> HTML {
        let body = RedactedBody(letter)
        return """
            <h1>Dead letter of \(letter.kind) <span class="id">\(letter.id.lowercased)</span> \(PageParts.state(letter.state.rawValue))</h1>
            \(notice)
            <dl>
            \(facts(letter, slug: slug))
            </dl>
            \(actions(letter, visitor))
            <h2>Failures, oldest first</h2>
            \(failures(letter))
            \(acts(letter))
            <h2>Body <span class="none">(\(body.form), without the secrets that rules can find)</span></h2>
            <pre>\(body.text)</pre>
            """
    }

    private static func facts(_ letter: DeadLetter, slug: String?) -> HTML {
        var facts: HTML = ""
        let job = PageParts.jobAddress(letter.key)
        facts += PageParts.fact("Job", "<a href=\"\(job)\">what happened to it</a>")
        facts += PageParts.fact("Workspace", HTML(text: slug ?? letter.workspace.lowercased))
        facts += PageParts.fact("Queue", "<a href=\"\(PageParts.queueAddress(letter.queue))\">\(letter.queue)</a>")
        facts += PageParts.fact("Code", "<code>\(letter.code)</code>")
        facts += PageParts.fact("Error", HTML(text: letter.error))
        facts += PageParts.fact("Accepted", PageWords.moment(letter.acceptedAt))
        facts += PageParts.fact("Died", PageWords.moment(letter.diedAt))
        facts += PageParts.fact("Attempts", HTML(text: "\(letter.attempts)"))
        facts += PageParts.fact("Payload version", HTML(text: "\(letter.version)"))
        if let trace = letter.trace { facts += PageParts.fact("Trace", "<span class=\"id\">\(String(trace.traceID))</span>") }
        return facts
    }

    private static func actions(_ letter: DeadLetter, _ visitor: Visitor) -> HTML {
        guard letter.state == .open else { return .empty }
        let id = letter.id.lowercased
        // What the operator has seen: a letter that was replayed since, and died again, is another one.
        let seen = PageParts.hidden("replays", "\(letter.replays.count)")
        var actions: HTML = "<div class=\"row\">"
        if DeadLetterAct.replay.fate(of: letter.state, kind: letter.kind) == .due {
            actions += PageParts.confirmed(
                "Replay …", action: PageAddress.path("ops", "dead-letters", id, "replay"), visitor,
                warning: "Its job is accepted again and begins with a first attempt. What made it fail should be mended by now.",
                content: "\(seen)<button class=\"main\">Replay it</button>")
        }
        actions += PageParts.confirmed(
            "Discard …", action: PageAddress.path("ops", "dead-letters", id, "discard"), visitor,
            warning: "It is taken off the list for good and can never be replayed. Its job stays dead.",
            content: "\(seen)<button class=\"bad\">Discard it for good</button>")
        return actions + "</div>"
    }

    private static func failures(_ letter: DeadLetter) -> HTML {
        PageParts.table(
            head: """
                <th class="n">Replay</th><th class="n">Attempt</th><th>At</th><th>Code</th><th>Error</th>
                """,
            rows: letter.failures.map { row($0) }, empty: "None is known.")
    }

    private static func row(_ failure: FailedAttempt) -> HTML {
        """
        <tr><td class="n">\(failure.generation)</td><td class="n">\(failure.attempt)</td><td>\(PageWords.moment(failure.at))</td>\
        <td><code>\(failure.code)</code></td><td class="text">\(failure.error)</td></tr>

        """
    }

    private static func acts(_ letter: DeadLetter) -> HTML {
        var lines: [HTML] = letter.replays.map { replay -> HTML in
            "<li><span class=\"what\">Replayed</span> \(PageWords.moment(replay.at)) <span class=\"none\">by \(replay.by ?? "nobody knows")</span></li>\n"
        }
        if let at = letter.discardedAt {
            lines.append(
                """
                <li class="bad"><span class="what">Discarded</span> \(PageWords.moment(at)) \
                <span class="none">by \(letter.discardedBy ?? "nobody knows")</span></li>

                """)
        }
        guard !lines.isEmpty else { return .empty }
        return "<h2>What was done about it</h2>\n<ol class=\"story\">\(lines)</ol>"
    }
}
