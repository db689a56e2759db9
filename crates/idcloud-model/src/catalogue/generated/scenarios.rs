//! Made by `cargo xtask codegen` from `spec/`.
//!
//! Never edited by hand: change the spec and run it again.

use crate::catalogue::language::Text;

/// What the spec says of one row of the decision table.
#[derive(Debug)]
pub(crate) struct ScenarioEntry {
    /// The row's id.
    pub(crate) id: &'static str,
    /// The decision's name, `wait` for a process that is not final.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests compare it with the table in code")
    )]
    pub(crate) decision: &'static str,
    /// What happened, what it does not say, what to do next.
    pub(crate) text: Text,
}

/// Every row, in the table's order.
pub(crate) static SCENARIOS: &[ScenarioEntry] = &[
    ScenarioEntry {
        id: "processing",
        decision: "wait",
        text: Text {
            en: "The process is still running, so nothing that it shows by now is a result: ask again or wait for the webhook.",
            pt: "O processo ainda está em andamento, portanto nada do que já mostra é resultado: consulte de novo ou aguarde o webhook.",
        },
    },
    ScenarioEntry {
        id: "divergence",
        decision: "wait",
        text: Text {
            en: "The risk score engine is looking at a divergence and has not finished, which says nothing against the person yet: ask again or wait for the webhook.",
            pt: "O motor de score de risco analisa uma divergência e ainda não terminou, o que por ora nada diz contra a pessoa: consulte de novo ou aguarde o webhook.",
        },
    },
    ScenarioEntry {
        id: "unknown-status",
        decision: "wait",
        text: Text {
            en: "IDCloud answered a status that this version does not know, so it cannot be told whether the process is over: ask again, and update this library if it stays.",
            pt: "O IDCloud respondeu um status que esta versão não conhece, portanto não se sabe se o processo terminou: consulte de novo e atualize esta biblioteca se persistir.",
        },
    },
    ScenarioEntry {
        id: "processing-error",
        decision: "recapture",
        text: Text {
            en: "IDCloud failed while processing, which says nothing about the person: make a new attempt as far as your policy allows, then take your contingency path.",
            pt: "O IDCloud falhou durante o processamento, o que nada diz sobre a pessoa: faça nova tentativa dentro do que sua política permite e depois siga o plano de contingência.",
        },
    },
    ScenarioEntry {
        id: "canceled",
        decision: "recapture",
        text: Text {
            en: "The process was canceled because the caller hung up before it ran, which says nothing about the person: check your time-outs and ask for a new capture.",
            pt: "O processo foi cancelado porque quem chamou desligou antes da execução, o que nada diz sobre a pessoa: confira seus tempos limite e peça nova captura.",
        },
    },
    ScenarioEntry {
        id: "liveness-failed",
        decision: "reject",
        text: Text {
            en: "The capture does not show a living person, whatever else was found, which does not say who tried: reject, and treat repetitions as an attack.",
            pt: "A captura não mostra uma pessoa viva, seja qual for o restante, o que não diz quem tentou: rejeite e trate repetições como ataque.",
        },
    },
    ScenarioEntry {
        id: "identity-no",
        decision: "reject",
        text: Text {
            en: "The face is not that of the number's holder, which does not say whose it is: reject.",
            pt: "O rosto não é o do titular do número, o que não diz de quem é: rejeite.",
        },
    },
    ScenarioEntry {
        id: "face-mismatch",
        decision: "reject",
        text: Text {
            en: "The face is not the one of the reference, which does not say whose it is: reject.",
            pt: "O rosto não é o da referência, o que não diz de quem é: rejeite.",
        },
    },
    ScenarioEntry {
        id: "trust-denied",
        decision: "reject",
        text: Text {
            en: "IDCloud's own decision denies the person or sees critical risk, without saying which check spoke against them: reject.",
            pt: "A própria decisão do IDCloud nega a pessoa ou vê risco crítico, sem dizer qual verificação pesou contra ela: rejeite.",
        },
    },
    ScenarioEntry {
        id: "alert-without-support",
        decision: "reject",
        text: Text {
            en: "The face is known from fraud and the score does not speak for the holder, though neither proves fraud this time: reject.",
            pt: "O rosto é conhecido por fraudes e o score não favorece o titular, embora nenhum dos dois prove fraude desta vez: rejeite.",
        },
    },
    ScenarioEntry {
        id: "score-negative",
        decision: "reject",
        text: Text {
            en: "Identity could not be decided and the score says that the face is probably not the holder's, which is likelihood and not proof: reject.",
            pt: "A identidade não pôde ser decidida e o score indica que o rosto provavelmente não é o do titular, o que é probabilidade e não prova: rejeite.",
        },
    },
    ScenarioEntry {
        id: "document-mismatch",
        decision: "reject",
        text: Text {
            en: "The document's number or face is not the person's, which may also be a number that was sent wrong: check the CPF that you sent, and reject if it is right.",
            pt: "O número ou o rosto do documento não é o da pessoa, o que também pode ser um número enviado errado: confira o CPF enviado e rejeite se estiver certo.",
        },
    },
    ScenarioEntry {
        id: "settled-by-hand",
        decision: "review",
        text: Text {
            en: "A person found this process after an ambiguous end and no program compared whose it is, so what it says may be about somebody else: have a person compare the process with the person at hand, and decide by that.",
            pt: "Uma pessoa encontrou este processo depois de um fim ambíguo e nenhum programa comparou de quem ele é, portanto o que ele diz pode ser sobre outra pessoa: encaminhe para que alguém compare o processo com a pessoa presente e decida a partir disso.",
        },
    },
    ScenarioEntry {
        id: "contradiction",
        decision: "review",
        text: Text {
            en: "Parts of the answer contradict one another, so none of them can be relied on: have a person look, and report the process to Unico.",
            pt: "Partes da resposta se contradizem, portanto não se pode confiar em nenhuma: encaminhe para análise humana e informe o processo à Unico.",
        },
    },
    ScenarioEntry {
        id: "unknown-value",
        decision: "review",
        text: Text {
            en: "IDCloud answered a value that this version does not know, which may be good or bad news: have a person look, and update this library.",
            pt: "O IDCloud respondeu um valor que esta versão não conhece, o que pode ser bom ou ruim: encaminhe para análise humana e atualize esta biblioteca.",
        },
    },
    ScenarioEntry {
        id: "alert",
        decision: "review",
        text: Text {
            en: "The face appears in behavior known from fraud, which does not say that this transaction is one: have a person look.",
            pt: "O rosto aparece em comportamento conhecido de fraude, o que não diz que esta transação seja uma: encaminhe para análise humana.",
        },
    },
    ScenarioEntry {
        id: "trust-high-risk",
        decision: "review",
        text: Text {
            en: "IDCloud's own decision sees high risk without denying the person: have a person look.",
            pt: "A própria decisão do IDCloud vê alto risco sem negar a pessoa: encaminhe para análise humana.",
        },
    },
    ScenarioEntry {
        id: "trust-inconclusive",
        decision: "review",
        text: Text {
            en: "IDCloud could not decide, which speaks neither for nor against the person: have a person look.",
            pt: "O IDCloud não conseguiu decidir, o que não pesa a favor nem contra a pessoa: encaminhe para análise humana.",
        },
    },
    ScenarioEntry {
        id: "trust-recapture",
        decision: "recapture",
        text: Text {
            en: "The capture was not good enough for a decision, which says nothing about the person: ask for a new capture.",
            pt: "A captura não foi boa o bastante para uma decisão, o que nada diz sobre a pessoa: peça nova captura.",
        },
    },
    ScenarioEntry {
        id: "liveness-inconclusive",
        decision: "recapture",
        text: Text {
            en: "It could not be told whether the capture shows a living person: ask for a new capture.",
            pt: "Não foi possível saber se a captura mostra uma pessoa viva: peça nova captura.",
        },
    },
    ScenarioEntry {
        id: "score-zero",
        decision: "recapture",
        text: Text {
            en: "There is no evidence for or against the holder, often because of a wrong CPF or a poor picture: check the number and ask for a new capture.",
            pt: "Não há evidência a favor nem contra o titular, muitas vezes por CPF errado ou imagem ruim: confira o número e peça nova captura.",
        },
    },
    ScenarioEntry {
        id: "drop",
        decision: "recapture",
        text: Text {
            en: "The score engine gave the picture up without a score, which says nothing about the person: ask for a better capture.",
            pt: "O motor de score descartou a imagem sem dar score, o que nada diz sobre a pessoa: peça uma captura melhor.",
        },
    },
    ScenarioEntry {
        id: "score-low",
        decision: "review",
        text: Text {
            en: "Identity could not be decided and the score speaks for the holder, but not as strongly as your policy wants: have a person look.",
            pt: "A identidade não pôde ser decidida e o score favorece o titular, mas não tanto quanto sua política exige: encaminhe para análise humana.",
        },
    },
    ScenarioEntry {
        id: "serpro-low",
        decision: "review",
        text: Text {
            en: "The similarity with the government's picture is missing or lower than your policy wants, which alone does not speak against the person: have a person look.",
            pt: "A similaridade com a foto do governo está ausente ou abaixo do que sua política exige, o que sozinho não pesa contra a pessoa: encaminhe para análise humana.",
        },
    },
    ScenarioEntry {
        id: "document-unread",
        decision: "review",
        text: Text {
            en: "The document was taken, but its number was not compared with the person's: have a person read it, or ask for better pictures of it.",
            pt: "O documento foi recebido, mas seu número não foi comparado com o da pessoa: encaminhe para leitura humana ou peça imagens melhores dele.",
        },
    },
    ScenarioEntry {
        id: "missing-evidence",
        decision: "review",
        text: Text {
            en: "The answer lacks evidence that was asked for, so what it does say is not enough: compare what the API key is declared to have with what Unico configured, and have a person look meanwhile.",
            pt: "Falta na resposta uma evidência que foi pedida, portanto o que ela diz não basta: compare o que foi declarado para a chave de API com o que a Unico configurou e, enquanto isso, encaminhe para análise humana.",
        },
    },
    ScenarioEntry {
        id: "liveness-not-checked",
        decision: "review",
        text: Text {
            en: "Nobody checked whether a living person was there, and your policy requires it: send a capture token with a key that has liveness, and have a person look meanwhile.",
            pt: "Ninguém verificou se havia uma pessoa viva, e sua política exige isso: envie um token de captura com uma chave que tenha prova de vida e, enquanto isso, encaminhe para análise humana.",
        },
    },
    ScenarioEntry {
        id: "score-high",
        decision: "approve",
        text: Text {
            en: "Identity could not be decided but the score says that the face is probably the holder's, which is likelihood and not proof: approve as your policy has it.",
            pt: "A identidade não pôde ser decidida, mas o score indica que o rosto provavelmente é o do titular, o que é probabilidade e não prova: aprove conforme sua política.",
        },
    },
    ScenarioEntry {
        id: "identity-inconclusive",
        decision: "review",
        text: Text {
            en: "It could not be decided whether the face is the holder's, and no score was asked for that could help: have a person look.",
            pt: "Não foi possível decidir se o rosto é o do titular, e não se pediu um score que pudesse ajudar: encaminhe para análise humana.",
        },
    },
    ScenarioEntry {
        id: "identity-yes",
        decision: "approve",
        text: Text {
            en: "The face is that of the number's holder and a living person was there, which says nothing about what they intend: approve.",
            pt: "O rosto é o do titular do número e havia uma pessoa viva, o que nada diz sobre suas intenções: aprove.",
        },
    },
    ScenarioEntry {
        id: "identity-yes-without-liveness",
        decision: "approve",
        text: Text {
            en: "The face is that of the number's holder, but nobody checked that a living person was there and a photograph would have passed as well: approve only where that is enough, and send capture tokens where it is not.",
            pt: "O rosto é o do titular do número, mas ninguém verificou se havia uma pessoa viva e uma fotografia também passaria: aprove apenas onde isso basta e envie tokens de captura onde não basta.",
        },
    },
    ScenarioEntry {
        id: "trust-approved",
        decision: "approve",
        text: Text {
            en: "IDCloud's own decision approves the person, without saying how strong each check was: approve.",
            pt: "A própria decisão do IDCloud aprova a pessoa, sem dizer quão forte foi cada verificação: aprove.",
        },
    },
    ScenarioEntry {
        id: "face-match",
        decision: "approve",
        text: Text {
            en: "The face is the one of the reference and a living person was there, which is as good as the reference itself: approve.",
            pt: "O rosto é o da referência e havia uma pessoa viva, o que vale tanto quanto a própria referência: aprove.",
        },
    },
    ScenarioEntry {
        id: "face-match-without-liveness",
        decision: "approve",
        text: Text {
            en: "The face is the one of the reference, but nobody checked that a living person was there and a photograph would have passed as well: approve only where that is enough, and send capture tokens where it is not.",
            pt: "O rosto é o da referência, mas ninguém verificou se havia uma pessoa viva e uma fotografia também passaria: aprove apenas onde isso basta e envie tokens de captura onde não basta.",
        },
    },
    ScenarioEntry {
        id: "live",
        decision: "approve",
        text: Text {
            en: "A living person was there, which does not say who it was: approve what needs no more than that.",
            pt: "Havia uma pessoa viva, o que não diz quem era: aprove aquilo que não exige mais do que isso.",
        },
    },
    ScenarioEntry {
        id: "document-matched",
        decision: "approve",
        text: Text {
            en: "The document carries the number that was sent and nothing in it contradicts the person, which does not say that the document is genuine: approve.",
            pt: "O documento traz o número enviado e nada nele contradiz a pessoa, o que não diz que o documento seja autêntico: aprove.",
        },
    },
    ScenarioEntry {
        id: "unlisted",
        decision: "review",
        text: Text {
            en: "The process is complete, but its answer fits no known case, so it approves nothing: have a person look.",
            pt: "O processo está concluído, mas a resposta não se encaixa em nenhum caso conhecido, portanto não aprova nada: encaminhe para análise humana.",
        },
    },
];

/// Added to a row's text where it holds.
pub(crate) static NOTE_LIVENESS_NOT_CHECKED: Text = Text {
    en: "Liveness was not checked: a 1 in the answer is a constant and not a finding.",
    pt: "A prova de vida não foi verificada: um 1 na resposta é uma constante e não um resultado.",
};

/// Added to a row's text where it holds.
pub(crate) static NOTE_LIVENESS_UNVERIFIED: Text = Text {
    en: "Whether liveness was checked cannot be told, because it is not known what kind of selfie was sent.",
    pt: "Não se sabe se a prova de vida foi verificada, pois não se conhece o tipo de selfie enviada.",
};

/// Added to a row's text where it holds.
pub(crate) static NOTE_MISSING_CAPABILITIES: Text = Text {
    en: "The API key seems to lack: {capabilities}.",
    pt: "A chave de API parece não ter: {capabilities}.",
};

/// Added to a row's text where it holds.
pub(crate) static NOTE_SIMULATED: Text = Text {
    en: "This verdict is simulated: no person was verified.",
    pt: "Este veredito é simulado: nenhuma pessoa foi verificada.",
};
