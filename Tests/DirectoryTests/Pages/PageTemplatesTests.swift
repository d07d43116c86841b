import Foundation
import Jobs
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("The templates of the pages")
struct PageTemplatesTests {
    private static var sources: [(name: String, text: String)] {
        PageTemplates.sources.map { (name: $0.name, text: String(decoding: $0.bytes, as: UTF8.self)) }
    }

    @Test("are read and written, each of them", arguments: PageTemplates.Page.allCases)
    func render(page: PageTemplates.Page) throws {
        let head = PageHead(title: "A title", preview: .init(title: "T", description: "D", address: "https://a.example/agents"), refresh: 2)
        let templates = try PageTemplates()
        for values in PageSamples.values(of: page) {
            let text = templates.document(page, head, values)
            #expect(text.hasPrefix("<!doctype html>\n<html lang=\"en\">"))
            #expect(text.hasSuffix("</html>\n"))
            #expect(text.contains("<title>A title · Mainstay</title>"))
            #expect(text.components(separatedBy: "<h1>").count == 2, "\(page)")
            #expect(!text.contains("{{") && !text.contains("}}"), "\(page)")
        }
    }

    @Test("ask for no name that its page does not give", arguments: PageTemplates.Page.allCases)
    func names(page: PageTemplates.Page) throws {
        let given = PageSamples.values(of: page).reduce(into: PageSamples.head.values.names) { $0.formUnion($1.names) }
        for (name, text) in Self.sources where [page.rawValue, "top", "bottom"].contains(name) || (name == "card" && page == .agents) {
            for tag in text.matches(of: #/\{\{[#^\/&]?([A-Za-z]+)\}\}/#).map({ String($0.output.1) }) {
                #expect(given.contains(tag), "\(name) asks for \(tag), and the page \(page) does not give it")
            }
        }
    }

    @Test("escape everything but the one block of JSON, whatever a text holds")
    func unescaped() throws {
        let raw = Self.sources.flatMap { source in source.text.matches(of: #/\{\{[{&][^}]*\}+/#).map { (source.name, String($0.output)) } }
        #expect(raw.map(\.0) == ["top"] && raw.map(\.1) == ["{{&.}}"])
        #expect(!Self.sources.contains { $0.text.contains("{{%") }, "the program puts the way of escaping at the head of each")
    }

    @Test("hold no script, no style and no event of their own, and load nothing from elsewhere")
    func policy() throws {
        for (name, text) in Self.sources {
            #expect(!text.contains("<style") && !text.contains("style=\""), "\(name)")
            #expect(text.firstMatch(of: #/\son[a-z]+=/#) == nil, "\(name)")
            #expect(text.firstMatch(of: #/(src|href|action)="(https?:|\/\/|javascript:)/#) == nil, "\(name)")
            #expect(text.matches(of: #/<script/#).count == (name == "top" ? 2 : 0), "\(name)")
        }
        let style = String(decoding: PageAsset.style.bytes, as: UTF8.self)
        #expect(!style.contains("url(") && !style.contains("@import"))
        #expect(PageHeaders.policy.contains("style-src 'self'; script-src 'self'") && !PageHeaders.policy.contains("unsafe"))
    }

    @Test("every field has a label, and every table its heads")
    func labels() throws {
        for (name, text) in Self.sources {
            for field in text.matches(of: #/<(?:input|select|textarea)[^>]*>/#).map({ String($0.output) }) where !field.contains("type=\"hidden\"") {
                let start = try #require(text.range(of: field))
                let before = text[..<start.lowerBound]
                let opened = before.components(separatedBy: "<label").count - before.components(separatedBy: "</label>").count
                #expect(opened == 1 || field.contains("id=\"q\""), "\(name): \(field)")
            }
            for table in text.components(separatedBy: "<table").dropFirst() {
                #expect(table.contains("<th scope=\"col\">") && table.contains("<th scope=\"row\">"), "\(name)")
            }
        }
        let (agents, top) = (PageSamples.text(of: "agents"), PageSamples.text(of: "top"))
        #expect(agents.contains("<label for=\"q\">"))
        #expect(top.contains("<a class=\"skip\" href=\"#main\">") && top.contains("<main id=\"main\">"))
    }

    @Test("the script is short")
    func script() {
        #expect(String(decoding: PageAsset.script.bytes, as: UTF8.self).split(separator: "\n").count <= 40)
    }

    @Test("texts have the contrast that people need who see little, by day and by night", arguments: [0, 1])
    func contrast(scheme: Int) throws {
        let style = String(decoding: PageAsset.style.bytes, as: UTF8.self)
        // The first colours are those of the day, the ones behind the first media query those of the night.
        let part = try #require(style.components(separatedBy: "@media").dropFirst(scheme).first)
        let colours = Dictionary(
            part.matches(of: #/--([a-z-]+): (#[0-9a-f]{6});/#).map { (String($0.output.1), Self.luminance(String($0.output.2))) },
            uniquingKeysWith: { first, _ in first })
        func ratio(_ one: String, _ other: String) throws -> Double {
            let (left, right) = (try #require(colours[one]), try #require(colours[other]))
            return (max(left, right) + 0.05) / (min(left, right) + 0.05)
        }
        for ground in ["ground", "card", "tint"] {
            for text in ["ink", "soft", "accent"] { #expect(try ratio(text, ground) >= 4.5, "\(text) on \(ground)") }
        }
        for tone in ["good", "warn", "bad"] {
            for ground in ["ground", "card", "\(tone)-tint"] { #expect(try ratio(tone, ground) >= 4.5, "\(tone) on \(ground)") }
            for text in ["ink", "soft", "accent"] { #expect(try ratio(text, "\(tone)-tint") >= 4.5, "\(text) on \(tone)-tint") }
        }
        #expect(try ratio("on-accent", "accent") >= 4.5)
        // The edges of fields.
        #expect(try ratio("edge", "card") >= 3)
        #expect(try ratio("edge", "ground") >= 3)
    }

    /// Relative luminance, as WCAG 2.2 defines it.
    private static func luminance(_ colour: String) -> Double {
        let number = Int(colour.dropFirst(), radix: 16) ?? 0
        func channel(_ shift: Int) -> Double {
            let value = Double(number >> shift & 0xff) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
    }
}
