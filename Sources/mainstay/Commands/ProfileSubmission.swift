import AsyncHTTPClient
import BuildMemory
import Crypto
import Foundation

/// Sends profiles to the ingress.
struct ProfileSubmission: Sendable {
    let client: APIClient
    /// Tries in all. A build waits for them, so they are few.
    var attempts = 3
    var clock: any Clock<Duration> = ContinuousClock()

    /// Sends a document and returns the place of the profile.
    ///
    /// Safe to repeat: the document's digest is its Idempotency-Key.
    func send(_ document: Data) async throws -> String {
        let key = SHA256.hash(data: document).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        var attempt = 1
        while true {
            do {
                let answer = try await client.raw(.post, "/v1/build-profiles", body: document, idempotencyKey: key, timeout: .seconds(15))
                let accepted = try APIClient.decoder.decode(AcceptedJob.self, from: answer)
                return "\(client.url)/v1/build-profiles/\(accepted.id.uuidString.lowercased())"
            } catch {
                guard attempt < attempts, Self.isWorthARetry(error) else { throw error }
                try await clock.sleep(for: .milliseconds(500 * attempt))
                attempt += 1
            }
        }
    }

    /// What the ingress refuses for good it will refuse again; what it cannot do now, and a connection that fails, may work.
    static func isWorthARetry(_ error: any Error) -> Bool {
        guard let failure = error as? APIClient.Failure else { return error is HTTPClientError || !(error is DecodingError) }
        return failure.status >= 500 || failure.status == 429 || failure.status == 408 || failure.status == 409
    }
}

/// Profiles in files.
enum ProfileFile {
    /// The bytes of a profile, the same for the same profile.
    static func document(_ profile: BuildProfile) throws -> Data { try APIClient.encoder.encode(profile) }

    /// Reads a profile and tells what is wrong with it.
    static func read(_ path: String) throws -> BuildProfile {
        let profile: BuildProfile
        do {
            profile = try JSONDecoder().decode(BuildProfile.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch let error as DecodingError {
            throw Unreadable(description: "\(path) is no profile: \(error)")
        } catch {
            throw Unreadable(description: "\(path) cannot be read: \(error.localizedDescription)")
        }
        if let fault = profile.faults(now: Date()).first {
            throw Unreadable(description: "\(path) is no profile: /\(fault.path.joined(separator: "/")): \(fault.message)")
        }
        return profile
    }

    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    /// Writes a document, and says where it can be found again: nil for standard output.
    static func write(_ document: Data, to path: String) throws -> String? {
        if path == "-" {
            FileHandle.standardOutput.write(document + Data("\n".utf8))
            return nil
        }
        try document.write(to: URL(fileURLWithPath: path), options: .atomic)
        return path
    }

    /// Where a profile goes that could not be sent and was written nowhere else.
    static func temporaryPath(of profile: BuildProfile) -> String {
        let milliseconds = Int(profile.startedAt.timeIntervalSince1970 * 1_000)
        return URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("mainstay-profile-\(milliseconds).json").path
    }

    /// A path as a shell takes it.
    static func quoted(_ path: String) -> String {
        let isPlain = !path.isEmpty && path.utf8.allSatisfy { ($0 >= 0x2b && $0 <= 0x39) || ($0 & 0xdf >= 0x41 && $0 & 0xdf <= 0x5a) || $0 == 0x5f }
        return isPlain ? path : "'" + path.replacing("'", with: "'\\''") + "'"
    }
}
