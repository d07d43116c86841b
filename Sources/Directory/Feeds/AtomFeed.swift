import Foundation
import Jobs
import Web

/// What was published last, as Atom (RFC 4287): new agents, and new versions.
struct AtomFeed: Sendable {
    /// Entries of the feed.
    static let maximumEntries = 50
    static let contentType = "application/atom+xml; charset=utf-8"

    struct Entry: Sendable, Equatable {
        /// The listing's.
        let id: UUID
        let owner: String
        let name: String
        let title: String
        let summary: String
        let topics: [String]
        let publishedAt: Date
        /// When the version that is shown came to be.
        let releasedAt: Date
    }

    /// The latest version first.
    let entries: [Entry]
    /// The beginning of addresses.
    let base: String

    func bytes() -> [UInt8] {
        var xml = XMLWriter()
        xml.element("feed", ["xmlns": "http://www.w3.org/2005/Atom"]) { xml in
            xml.element("id", text: "\(base)/directory.atom")
            xml.element("title", text: "Published agents")
            // An empty directory has a time as well, and always the same.
            xml.element("updated", text: WireCoding.text(entries.map(\.releasedAt).max() ?? Date(timeIntervalSince1970: 0)))
            xml.element("link", ["rel": "self", "type": "application/atom+xml", "href": "\(base)/directory.atom"])
            xml.element("link", ["rel": "alternate", "type": "application/json", "href": "\(base)/v1/directory"])
            for entry in entries { write(entry, into: &xml) }
        }
        return Array(xml.text.utf8)
    }

    private func write(_ entry: Entry, into xml: inout XMLWriter) {
        xml.element("entry") { xml in
            xml.element("id", text: "urn:uuid:\(entry.id.lowercased)")
            xml.element("title", text: "\(entry.title) (\(entry.owner)/\(entry.name))")
            xml.element("link", ["rel": "alternate", "type": "text/html", "href": "\(base)/agents/\(entry.owner)/\(entry.name)"])
            xml.element("published", text: WireCoding.text(entry.publishedAt))
            xml.element("updated", text: WireCoding.text(entry.releasedAt))
            xml.element("author") { $0.element("name", text: entry.owner) }
            xml.element("summary", text: entry.summary)
            for topic in entry.topics.prefix(20) { xml.element("category", ["term": topic]) }
        }
    }
}
