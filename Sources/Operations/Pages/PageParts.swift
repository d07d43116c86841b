import Jobs
import Web
import Workspaces

/// Pieces that several pages are made of.
enum PageParts {
    /// A table that scrolls by itself where the window is narrow.
    /// - Parameter head: the cells of the head, `<th>` each.
    static func table(head: HTML, rows: [HTML], empty: HTML) -> HTML {
        guard !rows.isEmpty else { return "<p class=\"empty\">\(empty)</p>" }
        return """
            <div class="wide"><table>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(rows)
            </tbody>
            </table></div>
            """
    }

    /// A form that changes something. Each carries what only this session's pages know. Who may only look sees none.
    static func form(_ action: String, _ visitor: Visitor, _ content: HTML) -> HTML {
        guard visitor.may(.operationsWrite) else { return .empty }
        return """
            <form method="post" action="\(action)" class="act">
            <input type="hidden" name="form" value="\(visitor.formToken)">
            \(content)
            </form>
            """
    }

    /// A form behind a second look: it is seen once its question has been opened.
    static func confirmed(_ question: HTML, action: String, _ visitor: Visitor, warning: HTML, content: HTML) -> HTML {
        guard visitor.may(.operationsWrite) else { return .empty }
        return """
            <details class="confirm"><summary>\(question)</summary>
            <p>\(warning)</p>
            \(form(action, visitor, content))
            </details>
            """
    }

    static func hidden(_ name: String, _ value: String) -> HTML {
        "<input type=\"hidden\" name=\"\(name)\" value=\"\(value)\">"
    }

    static func field(_ label: HTML, name: String, value: String?, hint: String = "", size: Int = 14) -> HTML {
        "<label>\(label)<input type=\"text\" name=\"\(name)\" value=\"\(value ?? "")\" placeholder=\"\(hint)\" size=\"\(size)\" autocomplete=\"off\"></label>"
    }

    /// One of some words; the first one is what nobody chose.
    static func choice(_ label: HTML, name: String, value: String?, of words: [(value: String, text: String)]) -> HTML {
        let options = words.map { word -> HTML in
            word.value == value ?? ""
                ? "<option value=\"\(word.value)\" selected>\(word.text)</option>" : "<option value=\"\(word.value)\">\(word.text)</option>"
        }
        return "<label>\(label)<select name=\"\(name)\">\(options)</select></label>"
    }

    /// How far a job is, from 0 to 1, and what its handler says of it.
    static func progress(_ progress: Double, note: String?) -> HTML {
        let percent = Int((min(1, max(0, progress)) * 100).rounded())
        let words = HTML(text: note ?? "")
        return """
            <progress value="\(percent)" max="100">\(percent) %</progress> <span class="num">\(percent) %</span> <span class="none">\(words)</span>
            """
    }

    static func state(_ state: String) -> HTML {
        "<span class=\"state \(state)\">\(state)</span>"
    }

    /// A name and what it is, in a list of such.
    static func fact(_ name: HTML, _ value: HTML) -> HTML {
        "<dt>\(name)</dt><dd>\(value)</dd>\n"
    }

    static func jobAddress(_ job: JobName) -> String {
        PageAddress.query(PageAddress.path("ops", "jobs", job.id.lowercased), [(name: "workspace", value: job.workspace.lowercased)])
    }

    static func letterAddress(_ job: String) -> String { PageAddress.path("ops", "dead-letters", job) }

    static func queueAddress(_ queue: String) -> String { PageAddress.path("ops", "queues", queue) }
}
