#include "plan/random_order.hpp"

#include <algorithm>

#include "plan/step_order.hpp"

namespace plimsoll::plan_test {

std::vector<const Step*> random_order(const Plan& plan, const DesiredTarget& desired, const ObservedInstance& observed,
                                      Dice& dice) {
  const auto waits = plan::step_order(plan, &desired, &observed);
  std::vector<const Step*> order;
  std::vector<bool> ended(plan.steps.size());
  while (order.size() < plan.steps.size()) {
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      const bool free =
          std::all_of(waits[i].begin(), waits[i].end(), [&ended](std::size_t before) { return ended[before]; });
      if (!ended[i] && free) ready.push_back(i);
    }
    const std::size_t next = ready[static_cast<std::size_t>(dice.roll(static_cast<int>(ready.size())))];
    ended[next] = true;
    order.push_back(&plan.steps[next]);
  }
  return order;
}

}  // namespace plimsoll::plan_test
