#pragma once

#include <string>

#include "ports/decision_store.hpp"

namespace plimsoll::adapters {

/// Decisions as JSON in one file: `{"version": 1, "suspended": [{"environment", "app"}], "pins": [{"environment",
/// "app", "commit", "left", "left_commit", "history_id"}]}`; files of earlier releases lack `left_commit`. Written
/// beside it, synced and renamed, with mode 0600. Blocks.
class DecisionFile final : public ports::DecisionStore {
 public:
  explicit DecisionFile(std::string path) : path_(std::move(path)) {}

  Result<Decisions> load() override;
  Result<void> save(const Decisions& decisions) override;

 private:
  std::string path_;
};

}  // namespace plimsoll::adapters
