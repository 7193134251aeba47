import CaseweaveGenerated
import Dispatch
import Foundation

/// A thread of its own for calls that block: they wait for flash or for a server, and the threads that
/// Swift's tasks share are too few for that. Calls run one by one, in the order in which they came.
struct Worker: Sendable {
    let queue: DispatchQueue

    init(_ name: String, qos: DispatchQoS) {
        queue = DispatchQueue(label: name, qos: qos)
    }

    /// Runs a call to its end, also for a task that is cancelled meanwhile: nobody is left to wonder
    /// whether something was saved.
    func run<Answer: Sendable>(
        _ call: @escaping @Sendable () throws -> Answer
    ) async throws(CaseweaveError) -> Answer {
        let answer = await withCheckedContinuation {
            (done: CheckedContinuation<Result<Answer, CaseweaveError>, Never>) in
            queue.async { done.resume(returning: outcome(of: call)) }
        }
        return try answer.get()
    }
}

/// What a call came to.
func outcome<Answer>(of call: () throws -> Answer) -> Result<Answer, CaseweaveError> {
    Result(catching: call).mapError(CaseweaveError.of)
}

/// A value behind a lock.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    func with<Answer>(_ work: (inout Value) -> Answer) -> Answer {
        lock.lock()
        defer { lock.unlock() }
        return work(&value)
    }
}
