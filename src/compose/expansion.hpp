#pragma once

#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>

#include "compose/node.hpp"
#include "compose/variables.hpp"
#include "model/diagnostic.hpp"
#include "model/limits.hpp"

namespace plimsoll::compose {

/// What ends a load before its end: a limit was passed, or nobody waits for it any more. Never leaves the function that
/// a caller asked to load something.
struct LoadRefusal : std::runtime_error {
  LoadRefusal(Diagnostic d) : std::runtime_error(d.message), diagnostic(std::move(d)) {}
  Diagnostic diagnostic;
};

/// Counts what one load makes of its files. Aliases, variables, `extends`, includes, env files and ranges let a few
/// bytes stand for many, and many cost memory and time wherever they are made: each step that multiplies counts here
/// what it has made, in units of weight (model/limits.hpp). Every call throws `LoadRefusal` when that is more than
/// allowed, and when a stop was asked for.
class Expansion {
 public:
  /// `allowed` is at most `kMaxAppWeight`; `weight` is what was counted before.
  explicit Expansion(std::stop_token stop = {}, std::size_t allowed = kMaxAppWeight, std::size_t weight = 0)
      : stop_(std::move(stop)), allowed_(allowed), weight_(weight) {}

  void add(std::size_t nodes, std::size_t bytes, const Place& where);
  /// A tree; one with a list or mapping of more than `kMaxEntries` is refused, too.
  void add(const Node& tree, const Place& where);
  void add(const Variables& variables, const Place& where);
  /// Files that are mounted.
  void add_files(std::size_t files, std::size_t bytes, const Place& where);

  [[nodiscard]] std::size_t weight() const noexcept { return weight_; }
  /// True when it was the weight that ended the load.
  [[nodiscard]] bool is_exceeded() const noexcept { return weight_ > allowed_; }

 private:
  void add_tree(const Node& node, std::size_t& weight) const;

  std::stop_token stop_;
  std::size_t allowed_;
  std::size_t weight_;
};

}  // namespace plimsoll::compose
