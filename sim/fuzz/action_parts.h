// The parts of a scenario's actions, whatever they do: whom they hit, and for how long.
#pragma once

#include <optional>
#include <type_traits>
#include <variant>

#include "sim/scenario/scenario.h"

namespace drydock::sim {

// Calls `visit(Target&)` for each target of an action.
template <class Visit>
void ForEachTarget(Action& action, Visit visit) {
  const auto all = [&](Targets& targets) {
    for (Target& target : targets) visit(target);
  };
  std::visit(
      [&](auto& one) {
        using One = std::decay_t<decltype(one)>;
        if constexpr (requires { one.node; }) {
          if constexpr (std::is_same_v<One, RefoundNode>) {
            visit(one.node);
          } else {
            all(one.node);
          }
        }
        if constexpr (std::is_same_v<One, Partition>) {
          for (Targets& group : one.groups) all(group);
        }
        if constexpr (std::is_same_v<One, Filter>) {
          all(one.from);
          all(one.to);
        }
        if constexpr (std::is_same_v<One, ChangeMembers>) {
          for (Targets* targets : {&one.add, &one.promote, &one.demote, &one.remove}) all(*targets);
        }
        if constexpr (requires { one.via; }) {
          if (one.via.has_value()) visit(*one.via);
        }
        if constexpr (std::is_same_v<One, TransferLeader>) {
          if (one.to.has_value()) visit(*one.to);
        }
      },
      action);
}

// How long it lasts; null if that is nothing that the action can tell.
inline std::optional<Duration>* LengthOf(Action& action) {
  return std::visit(
      [](auto& one) -> std::optional<Duration>* {
        if constexpr (requires { one.length; }) {
          return &one.length;
        } else {
          return nullptr;
        }
      },
      action);
}

}  // namespace drydock::sim
