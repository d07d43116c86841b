import Foundation
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Addresses of lists of plugins")
struct PluginsAddressTests {
    private static func address(_ query: String) throws -> PluginsAddress { PluginsAddress(try Query(query)) }

    @Test(
        "say what they were read from, without what means nothing",
        arguments: [
            ("", "/plugins"), ("q=tide+table", "/plugins?q=tide%20table"), ("q=%20&supports=", "/plugins"),
            ("maintenance=stale&supports=v1&sort=newest", "/plugins?supports=v1&maintenance=stale&sort=newest"),
            ("supports=v9&maintenance=fine&sort=stars", "/plugins"), ("cursor=x&utm_source=elsewhere", "/plugins?cursor=x"),
        ])
    func reading(query: String, text: String) throws {
        #expect(try Self.address(query).text == text)
    }

    @Test("a link changes one part, keeps the others, and begins with the first page")
    func changing() throws {
        let address = try Self.address("q=a&supports=v1&maintenance=gone&sort=newest&cursor=d")
        #expect(address.with(\.line, .v0).text == "/plugins?q=a&supports=v0&maintenance=gone&sort=newest")
        #expect(address.with(\.signal, nil).text == "/plugins?q=a&supports=v1&sort=newest")
        #expect(address.withoutFilters.text == "/plugins?q=a")
        #expect(address.filters.map(\.name) == ["supports", "maintenance", "sort"] && address.isFiltered)
        #expect(try !Self.address("q=a&sort=name").isFiltered)
        #expect(PluginsAddress.word("a & b").text == "/plugins?q=a%20%26%20b")
        #expect(try Self.address("q=" + String(repeating: "a", count: 5000)).words?.count == 300)
    }

    @Test("a link leads by HTTP and by nothing that runs")
    func elsewhere() {
        for address in ["https://a.example/x", "http://a.example", "HTTPS://a.example"] { #expect(PluginPage.web(address) == address) }
        for address in ["javascript:alert(1)", "data:text/html,x", "//a.example", " https://a.example", "", "https"] {
            #expect(PluginPage.web(address) == nil, "\(address)")
        }
        #expect(PluginPage.web(nil) == nil)
    }
}
