import Foundation
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Texts that others wrote, in pages")
struct PageEscapingTests {
    /// Texts that would be more than text in a page that wrote them as they are. The last ones are taken for other characters by whoever looks
    /// at characters as people see them: a combining accent behind a quotation mark, an Arabic sign that belongs to what follows it.
    static let hostile = [
        "<script>alert(1)</script>", "</title><script>alert(1)</script>", "\" onmouseover=\"alert(1)", "' onmouseover='alert(1)",
        "</textarea><img src=x onerror=alert(1)>", "<!--", "{{&formToken}}", "{{>top}}", "&lt;script&gt;",
        "\"\u{301} onmouseover=\"\u{301}alert(1)", "\u{600}<img src=x onerror=alert(1)>", "<\u{200D}b>", "\u{600}\"\u{600}>",
    ]

    @Test("stay texts: in agents' names, summaries, bios, topics, plugins, changelogs and places", arguments: hostile)
    func everywhere(text: String) throws {
        let templates = try PageTemplates()
        func page(_ text: String, _ status: ListingStatus, version: Bool) -> [UInt8] {
            let head = PageHead(title: text, preview: .init(title: text, description: text, address: "https://a.example/\(text)"))
            return Array(templates.document(.agent, head, PageSamples.agent(text, status: status, version: version).values).utf8)
        }
        for (status, version) in [(ListingStatus.active, false), (.deprecated, true), (.quarantined, false)] {
            let (written, harmless) = (page(text, status, version: version), page("x", status, version: version))
            // What means something to a browser is as often there as in a page of harmless texts: byte by byte, as browsers read.
            for byte in "<>\"'".utf8 {
                let counts = [written, harmless].map { $0.count(where: { $0 == byte }) }
                #expect(counts[0] == counts[1], "\(Unicode.Scalar(byte)) in \(text)")
            }
            #expect(Data(written).range(of: Data(HTML(text: text).markup.utf8)) != nil)
        }
    }

    @Test("stay texts on the other pages", arguments: PageTemplates.Page.allCases)
    func pages(page: PageTemplates.Page) throws {
        let templates = try PageTemplates()
        for values in PageSamples.values(of: page) {
            let written = templates.document(page, PageSamples.head, values)
            #expect(!written.contains("<script>alert"), "\(page)")
            #expect(!written.contains(PageSamples.hostile))
            #expect(written.components(separatedBy: "<script").count == 3, "one of ours, and a block of JSON")
        }
    }

    @Test("the five characters are escaped, whatever stands beside them", arguments: Array("&<>\"'".unicodeScalars))
    func scalars(special: Unicode.Scalar) throws {
        let escape = PageText()
        let escaped = escape.escapeText(String(special))
        #expect(escaped.hasPrefix("&") && escaped.hasSuffix(";"))
        for neighbour in ["", "a", "\u{301}", "\u{600}", "\u{200D}", "\u{FE0F}", "\r\n", "\u{1F3FD}"] {
            #expect(escape.escapeText("\(neighbour)\(special)\(neighbour)") == "\(neighbour)\(escaped)\(neighbour)", "\(neighbour.unicodeScalars)")
        }
    }

    @Test("a block of JSON ends where it ends, and says what it was given")
    func linkedData() throws {
        let text = "</script><!--\u{2028}&\"\\\n\u{600}<b>"
        let written = LinkedData(["name": .string(text)]).renderText
        #expect(!written.unicodeScalars.contains { "<>&\u{2028}".unicodeScalars.contains($0) })
        let read = try JSONBody.decode(JSONValue.self, from: Array(written.utf8))
        #expect(read["name"]?.string == text)
        let listing = PageSamples.listing("An agent")
        let whole = try JSONBody.decode(
            JSONValue.self, from: Array(LinkedData(listing, version: "1.1.0", base: "https://a.example").renderText.utf8))
        #expect(whole["@type"] == "SoftwareApplication" && whole["softwareVersion"] == "1.1.0")
        #expect(whole["url"] == "https://a.example/agents/acme/eliza")
        #expect(whole["author"]?["name"] == "An agent" && whole["author"]?["alternateName"] == "acme", "who stands behind the owner")
        #expect(whole["author"]?["url"] == "https://a.example/An agent")
    }
}
