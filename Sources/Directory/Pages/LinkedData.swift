import Foundation
import Workspaces
import Mustache
import Web

/// What search engines read of a page: JSON-LD, in a data block of the page. Nothing in it can end the block, and no browser runs it.
struct LinkedData: Sendable, MustacheCustomRenderable {
    let renderText: String
    let isNull = false

    init(_ json: JSONValue) {
        var text = ""
        for scalar in String(decoding: json.bytes(), as: UTF8.self).unicodeScalars {
            switch scalar {
            // All of them stand in strings only, where JSON has another way to write them.
            case "<", ">", "&", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        renderText = text
    }

    /// An agent as schema.org's SoftwareApplication.
    /// - Parameters:
    ///   - base: the beginning of addresses.
    ///   - version: the one that the page shows.
    init(_ listing: Listing, version: String?, base: String) {
        var members: [JSONValue.Member] = [
            .init("@context", "https://schema.org"), .init("@type", "SoftwareApplication"), .init("name", .string(listing.displayName)),
            .init("applicationCategory", "Agent"), .init("url", .string(base + PageAddress.path("agents", listing.owner, listing.name))),
            .init("author", Self.author(of: listing, base: base)),
            .init("datePublished", .string(WireCoding.text(listing.publishedAt))),
            .init("dateModified", .string(WireCoding.text(listing.updatedAt))),
        ]
        if !listing.summary.isEmpty { members.append(.init("description", .string(listing.summary))) }
        if let version { members.append(.init("softwareVersion", .string(version))) }
        if !listing.topics.isEmpty { members.append(.init("keywords", .array(listing.topics.prefix(20).map { .string($0) }))) }
        if let source = listing.forkedFrom {
            members.append(.init("isBasedOn", .string(base + PageAddress.path("agents", source.owner, source.name))))
        }
        self.init(.object(members))
    }

    /// Who stands behind the owner, where operators have verified it, and the owner as its other name; else the owner.
    private static func author(of listing: Listing, base: String) -> JSONValue {
        let agents = base + AgentsAddress.owner(listing.owner).text
        guard let maintainer = listing.maintainer else {
            return .object([.init("@type", "Organization"), .init("name", .string(listing.owner)), .init("url", .string(agents))])
        }
        return .object([
            .init("@type", "Organization"), .init("name", .string(maintainer.name)), .init("alternateName", .string(listing.owner)),
            .init("url", .string(maintainer.site ?? agents)),
        ])
    }
}
