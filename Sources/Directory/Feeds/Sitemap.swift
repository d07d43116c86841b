import Foundation
import Jobs
import Web

/// The pages of all agents, and of all plugins, for search engines (sitemaps.org): one list while there is room, else an index of lists.
enum Sitemap {
    /// What the protocol allows in one list.
    static let maximumEntries = 50_000
    static let contentType = "application/xml; charset=utf-8"
    /// Before the first listing.
    static let start = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    struct Entry: Sendable, Equatable {
        /// Of the page.
        let path: String
        let updatedAt: Date
    }

    private static let namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"

    /// A list of pages.
    static func list(_ entries: [Entry], base: String) -> [UInt8] {
        var xml = XMLWriter()
        xml.element("urlset", ["xmlns": namespace]) { xml in
            for entry in entries {
                xml.element("url") { xml in
                    xml.element("loc", text: base + entry.path)
                    xml.element("lastmod", text: WireCoding.text(entry.updatedAt))
                }
            }
        }
        return Array(xml.text.utf8)
    }

    /// A list of lists.
    /// - Parameter ends: the last listing of each list but the last.
    static func index(ends: [UUID], base: String) -> [UInt8] {
        var xml = XMLWriter()
        xml.element("sitemapindex", ["xmlns": namespace]) { xml in
            for place in [start] + ends {
                xml.element("sitemap") { $0.element("loc", text: "\(base)/sitemap.xml?after=\(place.lowercased)") }
            }
        }
        return Array(xml.text.utf8)
    }
}
