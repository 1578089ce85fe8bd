#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/desired_state.hpp"
#include "model/error.hpp"
#include "model/observed_state.hpp"

namespace plimsoll::test {

/// What the program of an image does once it is started.
struct Behaviour {
  enum class Kind { runs, healthy_after, never_healthy, unhealthy_after, exits };
  Kind kind = Kind::runs;
  Millis after{0};  ///< from start
  int code = 0;     ///< of `exits`
};

/// Runs for ever; with a health check in the spec it is healthy at once.
inline Behaviour runs() { return {}; }
/// Has a health check that succeeds first at `after`.
inline Behaviour becomes_healthy_after(Millis after) { return {Behaviour::Kind::healthy_after, after, 0}; }
/// Has a health check that stays `starting` for ever.
inline Behaviour never_healthy() { return {Behaviour::Kind::never_healthy, Millis{0}, 0}; }
/// Has a health check that turns from `starting` to `unhealthy` at `after`.
inline Behaviour becomes_unhealthy_after(Millis after) { return {Behaviour::Kind::unhealthy_after, after, 0}; }
/// Ends with `code` at `after`; the restart policy then decides.
inline Behaviour exits(int code, Millis after) { return {Behaviour::Kind::exits, after, code}; }

/// An image as the registry, the engine and its program know it.
struct ImageBehaviour {
  std::string digest;                 ///< of the registry; empty: made from the reference
  Behaviour health{};                 ///< what its program does
  bool in_registry = true;            ///< false: only what is local can be used
  bool local = false;                 ///< already on the instance
  std::string local_digest{};         ///< the registry's digest that the local one has; empty: the same as `digest`
  std::optional<Error> pull_error{};  ///< what asking the registry and pulling end with
};

/// A failure to inject into `apply`.
struct Fault {
  enum class Kind {
    before_effect,  ///< nothing happened
    after_effect,   ///< it happened, the reply is lost
    late,           ///< the call's deadline passes now; it happens at the next `advance`
  };
  Kind kind = Kind::before_effect;
  std::string action{};  ///< name of the action it waits for, such as `StartContainer`; empty for any
  Error error{ErrorKind::transient, "injected fault"};
  int skip = 0;  ///< so many matching actions go well first
};

/// A container inside the engine: what `observe` tells, and what only the engine knows.
struct MemoryContainer {
  ObservedContainer seen;
  bool ours = true;
  std::shared_ptr<const DesiredService> service;  ///< null for a foreign one
  Behaviour behaviour{};
  bool has_health_check = false;
  bool stopped_by_hand = false;  ///< by the API: the restart policy no longer applies
  Millis restart_wait{100};      ///< doubles with every restart by the engine
  std::optional<Instant> restarts_at{};
  std::vector<std::string> host_ports{};  ///< "0.0.0.0:80/tcp"
};

/// A network inside the engine.
struct MemoryNetwork {
  std::string id, environment, app, digest;
  bool ours = true;
  std::optional<Instant> created_at = {};
};

}  // namespace plimsoll::test
