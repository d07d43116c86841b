import Foundation
import TestSupport
import Testing

/// What another workspace has is answered as what nobody has: by the same status, in the same words and within the same time. The
/// routes are those of the published description, so that a new one is in it by itself.
@Suite("Another workspace's ids, through the API", .serialized, .timeLimit(.minutes(12)))
struct StrangerTests {
    @Test("they are answered as unknown ones, on every route that names something by an id", arguments: ["true", "false"])
    func strangers(_ multiUser: String) async throws {
        // With a sealing key: without one, what makes secrets would refuse its owner, too.
        let variables = ["MAINSTAY_MULTI_USER": multiUser, "MAINSTAY_CREDENTIALS_KEYS": "k:\(Data(repeating: 7, count: 32).base64EncodedString())"]
        try await Deployment.with(variables: variables) { deployment in
            let seeds = try await StrangerSeeds.make(in: deployment)
            let stranger = try await Self.stranger(in: deployment)
            let routes = try await StrangerRoute.all(of: deployment)
            #expect(routes.count >= 18, "the description has fewer routes than there were when this was written")

            for route in routes {
                let unknown = try await route.ask(deployment, seeds.unknown, token: stranger, receipt: nil)
                for thing in route.isListing ? [seeds.unpublished] : seeds.ids {
                    let known = try await route.ask(deployment, thing, token: stranger, receipt: nil)
                    #expect(known.status == unknown.status, "\(route) of the \(thing.what): \(known.text.prefix(300))")
                    #expect(known.status != 429, "the watch took this for walking along ids")
                    let (first, second) = (try Self.normal(known, route.word(thing)), try Self.normal(unknown, route.word(seeds.unknown)))
                    #expect(first == second, "\(route) of the \(thing.what)")
                    #expect(Set(known.headers.keys) == Set(unknown.headers.keys), "\(route) of the \(thing.what)")
                }
            }
            for route in routes where route.isTimed {
                let differences = try await StrangerTimes(route: route, deployment: deployment, seeds: seeds, stranger: stranger).differences()
                #expect(differences == [])
            }
            // Whoever owns them reaches one of them by each route, or sameness would prove nothing. What deletes comes last.
            for route in routes.filter({ !$0.isForOperators }).sorted(by: { $0.rank < $1.rank }) {
                try await Self.control(route, deployment, seeds)
            }
        }
    }

    private static func control(_ route: StrangerRoute, _ deployment: Deployment, _ seeds: StrangerSeeds) async throws {
        var answers: [String] = []
        for thing in route.isListing ? [seeds.published] : seeds.ids {
            let answer = try await route.ask(deployment, thing, token: deployment.token, receipt: seeds.receipt)
            if isReached(answer) { return }
            answers.append("\(thing.what): \(answer.status)")
        }
        Issue.record(
            "\(route): its owner reaches none of the things that are there; make one in StrangerSeeds or a body in StrangerRoute. \(answers)")
    }

    /// Anything but "there is none" and "this is no request"; and that nothing of the kind is done where there is one workspace.
    static func isReached(_ answer: Deployment.Answer) -> Bool {
        if answer.status == 403 { return (answer.json["type"] as? String)?.hasSuffix("multi-user-off") == true }
        return ![400, 401, 404, 405, 415, 422, 429].contains(answer.status) && answer.status < 500
    }

    private static func stranger(in deployment: Deployment) async throws -> String {
        _ = try await deployment.psql("insert into workspaces (id, slug, name) values (gen_random_uuid(), 'strangers', 'Strangers')")
        // Where the flag is off, it is a token from when it was on.
        let made = try await deployment.command(
            "token", "create", "--workspace", "strangers", "--name", "t", variables: ["MAINSTAY_MULTI_USER": "true"])
        try #require(made.status == 0, "\(made.errors)")
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The body without what names the request and what was asked for.
    private static func normal(_ answer: Deployment.Answer, _ word: String) throws -> String {
        let text = answer.text.replacing(word, with: "THING")
        guard var object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else { return text }
        object["request_id"] = nil
        return String(decoding: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]), as: UTF8.self)
    }
}
