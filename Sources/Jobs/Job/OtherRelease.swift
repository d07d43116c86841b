/// Why a job is not for this worker but for one of another release. While a rollout or a rollback goes on both read the same
/// queues, and the job is not at fault: no attempt is counted, and it comes up again until a worker takes that knows it.
enum OtherRelease: String, Sendable, Hashable {
    /// No handler of this worker serves its kind.
    case unknownKind = "unknown_kind"
    /// A later release made its payload, and this one cannot read it.
    case laterVersion = "later_version"

    /// How long a job is refused in a row before it becomes a dead letter. A rollout, or a rollback that people look into first, is
    /// over within a day; what nobody has known for so long was sent by mistake, or its kind was taken out of all releases.
    static let patience = Duration.seconds(24 * 3600)

    /// Until the job comes up again, in seconds. Workers of its release are started within some of these; jittered, for those that
    /// were refused together shall not come back together.
    private static let delays = 5.0...30.0

    static func delay(using generator: inout some RandomNumberGenerator) -> Duration {
        .seconds(Double.random(in: delays, using: &generator))
    }
}
