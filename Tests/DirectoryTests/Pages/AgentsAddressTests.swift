import Foundation
import Testing
import Web

@testable import Directory

@Suite("Addresses of lists of agents")
struct AgentsAddressTests {
    private static func address(_ query: String) throws -> AgentsAddress { AgentsAddress(try Query(query)) }

    @Test(
        "say what they were read from, without what means nothing",
        arguments: [
            ("", "/agents"), ("q=support+bot", "/agents?q=support%20bot"), ("q=%20&tag=", "/agents"), ("tag=DeFi", "/agents?tag=defi"),
            ("status=active&sort=forks&owner=acme", "/agents?owner=acme&status=active&sort=forks"), ("status=removed&sort=best", "/agents"),
            ("verified=true&status=active", "/agents?status=active&verified=true"), ("verified=no", "/agents"),
            ("plugin=%40a%2Fb&cursor=x", "/agents?plugin=%40a%2Fb&cursor=x"), ("utm_source=elsewhere", "/agents"),
        ])
    func reading(query: String, text: String) throws {
        #expect(try Self.address(query).text == text)
    }

    @Test("a link changes one part, keeps the others, and begins with the first page")
    func changing() throws {
        let address = try Self.address("q=a&tag=b&owner=c&sort=forks&cursor=d")
        #expect(address.with(\.tag, "x").text == "/agents?q=a&tag=x&owner=c&sort=forks")
        #expect(address.with(\.owner, nil).text == "/agents?q=a&tag=b&sort=forks")
        #expect(address.withoutFilters.text == "/agents?q=a")
        #expect(address.filters.map(\.name) == ["tag", "owner", "sort"] && address.isFiltered)
        #expect(try !Self.address("q=a&sort=newest").isFiltered)
        #expect(AgentsAddress.tag("DeFi & more").text == "/agents?tag=defi%20%26%20more")
    }

    @Test("the order fits: by relevance with words only, whatever an old link says")
    func order() throws {
        #expect(try Self.address("").search.sort == .newest)
        #expect(try Self.address("q=a").search.sort == .relevance)
        #expect(try Self.address("sort=relevance").search.sort == .newest)
        #expect(try Self.address("q=a&sort=newest").search.sort == .newest)
        let search = try Self.address("q=a&tag=B&plugin=p&owner=o&status=deprecated").search
        #expect(search.words?.text == "a" && search.tag == "b" && search.plugin == "p" && search.owner == "o" && search.status == .deprecated)
        #expect(search.wantsFacets && search.isVerified == nil)
        let verified = try Self.address("verified=true&q=a")
        #expect(verified.search.isVerified == true && verified.isFiltered && verified.withoutFilters.text == "/agents?q=a")
    }

    @Test("a long text is read over at its end")
    func long() throws {
        let address = try Self.address("q=" + String(repeating: "a", count: 5000))
        #expect(address.words?.count == 300)
    }

    @Test("facets are counted once for the searches of some seconds, and again for others, whatever their order and page")
    func shelf() async throws {
        let shelf = FacetShelf(lifetime: .seconds(600))
        var asked = 0
        var facets = SearchFacets()
        for query in ["q=a", "q=a&sort=forks", "q=a&cursor=x", "q=b", "q=a&tag=t", "q=b"] {
            facets.matches += 1
            let found = try await shelf.facets(of: try Self.address(query)) {
                asked += 1
                return facets
            }
            #expect(found.matches == (query.hasPrefix("q=a&tag") ? 5 : query == "q=b" ? 4 : 1), "\(query)")
        }
        #expect(asked == 3)
        let none = FacetShelf(lifetime: .zero)
        for count in 1...3 {
            let found = try await none.facets(of: AgentsAddress()) {
                var counted = SearchFacets()
                counted.matches = count
                return counted
            }
            #expect(found.matches == count)
        }
    }
}
