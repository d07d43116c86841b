import Testing
import Web

@testable import Inference

@Suite("Where a run's members stand in a request") struct RunPlacesTests {
    private let body = RequestPlace(["max_tokens": 1, "input": [["content": "a"]], "metadata": ["k": "v"]])

    @Test("A member that nothing was noted of has the same path in both, and so has one that was not sent")
    func same() {
        var places = RunPlaces()
        places.note("options/stop", at: body["stop"])
        for pointer in ["/messages", "/messages/0/content", "/options/stop/1"] {
            #expect(places.path(of: pointer) == pointer.split(separator: "/").map(String.init))
        }
        places.note("metadata", at: body["metadata"])
        #expect(places == RunPlaces(), "what has the same path needs no note")
    }

    @Test("What was noted of a member holds for all below it, and the longest note counts")
    func longest() throws {
        var places = RunPlaces()
        places.note("messages", at: body["input"])
        places.note("options", at: body)
        places.note("options/max_output_tokens", at: body["max_tokens"])
        places.note("messages/1", at: try body["input"]?.elements().first)
        #expect(places.path(of: "/messages") == ["input"])
        #expect(places.path(of: "/messages/0/content") == ["input", "0", "content"])
        #expect(places.path(of: "/messages/1/content") == ["input", "0", "content"])
        #expect(places.path(of: "/messages/11") == ["input", "11"])
        #expect(places.path(of: "/options/top_p") == ["top_p"])
        #expect(places.path(of: "/options/max_output_tokens") == ["max_tokens"])
    }
}
