import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Testing
import Web

@testable import Workspaces

@Suite("Asking an issuer over HTTP", .timeLimit(.minutes(1)))
struct OIDCHTTPClientTests {
    /// An issuer on a port of this machine, and a client that is shut down afterwards.
    private func asking(
        _ keys: [IssuerKey] = [], clock: any Clock<Duration> = ContinuousClock(),
        _ body: @escaping @Sendable (OIDCHTTPClient, _ issuer: String, _ finish: AsyncStream<Void>.Continuation) async throws -> Void
    ) async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let router = Router()
        router.get("/.well-known/openid-configuration") { request, _ -> Response in
            let name = "http://\(request.head.authority ?? "")"
            return Self.answer(["issuer": .string(name), "jwks_uri": .string("\(name)/keys")])
        }
        router.get("/keys") { _, _ -> Response in
            Self.answer(["keys": .array(keys.map(\.shown))], headers: [.cacheControl: "public, max-age=120", .age: "20"])
        }
        router.get("/moved") { _, _ in Response(status: .found, headers: [.location: "/keys"]) }
        router.get("/broken") { _, _ in Response(status: .internalServerError) }
        router.get("/size/{bytes}") { _, context in String(repeating: " ", count: try context.parameters.require("bytes", as: Int.self)) }
        router.post("/token") { request, _ -> Response in
            let form = try Query(String(buffer: try await request.body.collect(upTo: 4096)))
            let isOurs = request.headers[.authorization] == "Basic cGFnZXM6cyUzQWMlMjA=" && request.headers[.contentType] != nil
            let isGood = isOurs && form["code"] == "a+b" && form["redirect_uri"] == "https://agents.example/sign-in/oidc/callback"
            var answer = Self.answer(isGood ? ["id_token": "a.b.c"] : ["error": "invalid_grant"])
            answer.status = isGood ? .ok : .badRequest
            return answer
        }
        router.post("/size") { _, _ in String(repeating: " ", count: OIDCHTTPClient.bound + 1) }
        router.get("/silent") { _, _ -> String in
            for await _ in stream {}
            return "late"
        }
        try await Application(router: router).test(.live) { server in
            let port = try #require(server.port)
            let client = OIDCHTTPClient(clock: clock)
            do {
                try await body(client, "http://localhost:\(port)", continuation)
                try await client.shutdown()
            } catch {
                continuation.finish()
                try? await client.shutdown()
                throw error
            }
        }
    }

    private static func answer(_ document: JSONValue, headers: HTTPFields = [:]) -> Response {
        Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: document.bytes())))
    }

    private func address(_ text: String) throws -> OIDCAddress { try #require(OIDCAddress(text)) }

    @Test("a document comes with what says how long it is good")
    func document() async throws {
        try await asking { (client, issuer, _) async throws in
            let answer = try await client.fetch(address("\(issuer)/keys"))
            #expect(String(decoding: answer.body, as: UTF8.self) == #"{"keys":[]}"#)
            #expect(OIDCFreshness.lifetime(cacheControl: answer.cacheControl, age: answer.age) == .seconds(100))
            #expect(answer.age == "20")
        }
    }

    @Test("a redirect is not followed, and an error is no document", arguments: ["moved", "broken", "nowhere"])
    func refused(_ path: String) async throws {
        try await asking { (client, issuer, _) async throws in
            let fault = await #expect(throws: OIDCFault.self) { try await client.fetch(address("\(issuer)/\(path)")) }
            #expect(fault?.code == .answer)
        }
    }

    @Test("256 KiB are read, and no byte more")
    func size() async throws {
        try await asking { (client, issuer, _) async throws in
            #expect(try await client.fetch(address("\(issuer)/size/\(OIDCHTTPClient.bound)")).body.count == OIDCHTTPClient.bound)
            let fault = await #expect(throws: OIDCFault.self) {
                try await client.fetch(address("\(issuer)/size/\(OIDCHTTPClient.bound + 1)"))
            }
            #expect(fault?.code == .answer)
        }
    }

    @Test("a code is exchanged in a form, by whoever shows the client's secret; what the issuer answers is read whatever its status")
    func exchange() async throws {
        try await asking { (client, issuer, _) async throws in
            let party = try OIDCRelyingParty(id: "pages", secret: "s:c ", site: "https://agents.example/")
            func send(_ code: String, to path: String = "token") async throws -> OIDCTokenAnswer {
                try await client.exchange(
                    OIDCTokenRequest(code: code, verifier: "v", of: party, at: try address("\(issuer)/\(path)")))
            }
            let good = try await send("a+b")
            #expect(good.reading == .token("a.b.c"))
            let spent = try await send("a b")
            #expect(spent.status == 400 && spent.reading == .spent)
            let nowhere = try await send("a+b", to: "nowhere")
            #expect(nowhere.reading == .refused("status-404"))
            let fault = await #expect(throws: OIDCFault.self) { try await send("a+b", to: "size") }
            #expect(fault?.code == .answer)
        }
    }

    @Test("an issuer that takes the request and says nothing is not waited for beyond five seconds")
    func silent() async throws {
        let clock = LeapingClock()
        try await asking(clock: clock) { client, issuer, finish in
            let fault = await #expect(throws: OIDCFault.self) { try await client.fetch(address("\(issuer)/silent")) }
            #expect(fault?.code == .away)
            finish.finish()
        }
        #expect(clock.slept == [.seconds(5)])
    }

    @Test("a real issuer over a real connection: its token is believed, another's is not")
    func whole() async throws {
        let (good, evil) = (try await IssuerKey.es256("k1"), try await IssuerKey.es256("k1"))
        try await asking([good]) { client, issuer, _ in
            let configuration = try OIDCConfiguration(issuer: issuer, audience: "mainstay")
            let keys = OIDCKeys(configuration, fetch: { try await client.fetch($0) }, clock: StillClock(), logger: Logger(label: "test.oidc"))
            let verifier = OIDCVerifier(configuration, keys: keys, now: { Date(timeIntervalSince1970: OIDCFixture.beginning) })
            let claims: [String: JSONValue] = ["iss": .string(issuer), "sub": "ann", "aud": "mainstay", "exp": .number(OIDCFixture.beginning + 9)]
            let (signed, copied) = (try await good.sign(claims), try await evil.sign(claims))
            let (token, forged) = (try #require(OIDCToken(signed)), try #require(OIDCToken(copied)))
            #expect(try await verifier.claims(of: token).subject == "ann")
            await #expect(throws: OIDCRefusal.signature) { try await verifier.claims(of: forged) }
        }
    }
}
