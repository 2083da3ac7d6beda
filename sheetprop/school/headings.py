"""The words by which the columns of schools' exports are known, in the languages in which we have seen them."""

from __future__ import annotations

from sheetprop.letters import folded

ID = (
    "studentid", "studentnumber", "studentno", "sid", "idnumber", "id", "iduser", "userid", "netid", "identifier",
    "matrikelnummer", "matrikelnr", "matrnr", "matriculationnumber", "personnummer", "idnummer",
    "numeroetudiant", "numerodetudiant", "noetudiant", "netudiant", "numerodidentification", "identifiant",
    "numerodealumno", "numerodeestudiante", "numerodeid", "matricula", "identificador", "numerodeidentificacion",
    "numerodealuno", "numerodeestudante", "numerodeidentificacao", "numeroid", "ra",
)  # fmt: skip
"""What identifies a student, the surest first."""
ID_NUMBER = ("idnumber", "idnummer", "numerodidentification", "numerodeid", "numerodeidentificacao", "numeroid")
"""Moodle's field for the school's own number."""
USERNAME = (
    "username", "login", "loginid", "sisloginid", "benutzername", "anmeldename", "nomdutilisateur", "nombredeusuario",
    "nomedeusuario", "nomedeutilizador",
)  # fmt: skip
EMAIL = (
    "email", "emailaddress", "mail", "emailadresse", "mailadresse", "courriel", "adressedecourriel", "adresseemail",
    "adressemail", "adresseelectronique", "correo", "correoelectronico", "direcciondecorreo",
    "direcciondecorreoelectronico", "direccionemail", "enderecodeemail", "enderecodecorreioeletronico",
)  # fmt: skip
MOODLE_EMAIL = tuple(name for name in EMAIL if name not in ("email", "mail", "courriel", "correo"))
FULL_NAME = (
    "fullname", "name", "studentname", "student", "names", "displayname", "vollstandigername", "nomcomplet",
    "nomprenom", "nombrecompleto", "nombrecompletodelusuario", "nomecompleto", "vorundnachname", "vornameundnachname",
    "vornamenachname", "nachnamevorname", "namevorname", "teilnehmer", "teilnehmerin", "studierende", "studierender",
    "schuler", "schulerin", "nometprenom", "nometprenoms", "prenometnom", "prenomnom", "etudiant", "eleve",
    "nombreyapellidos", "apellidosynombres", "apellidosynombre", "estudiante", "alumno", "nomeesobrenome", "aluno",
    "estudante", "nomecognome", "cognomenome", "nomeecognome", "cognomeenome", "nominativo", "studente",
    "imieinazwisko", "naam", "volledigenaam", "namn", "navn", "adsoyad", "adisoyadi",
)  # fmt: skip
FIRST_NAME = (
    "firstname", "givenname", "forename", "first", "vorname", "vornamen", "rufname",
    "prenom", "prenoms", "nombre", "nombres", "nome", "imie", "voornaam", "fornamn", "fornavn",
)  # fmt: skip
LAST_NAME = (
    "lastname", "surname", "familyname", "last", "nachname", "familienname", "nomdefamille", "nom", "apellidos",
    "apellido", "apellidoss", "sobrenome", "apelido", "apelidos", "nachnamen", "zuname", "cognome", "nazwisko",
    "achternaam", "efternamn", "etternavn",
)  # fmt: skip
ROLE = ("role", "roles", "rolle", "rollen", "rol", "papel", "papeis", "funcao")
STUDENT_ROLES = (
    "student",
    "learner",
    "studierende",
    "teilnehme",
    "etudiant",
    "estudiante",
    "alumn",
    "alun",
    "estudante",
)
"""What the name of a student's role has in it, as ``plain`` writes it."""

IDENTIFIER = ("identifier", "id", "identifiant", "identificador")
GRADE = ("grade", "bewertung", "note", "calificacion", "nota", "avaliacao")
MAXIMUM = ("maximumgrade", "bestwertung", "notemaximale", "calificacionmaxima", "notamaxima", "avaliacaomaxima")
SCALE = ("scale", "skala", "bareme", "escala")
CHANGEABLE = (
    "gradecanbechanged", "bewertungkanngeandertwerden", "lanotepeutetremodifiee", "lacalificacionpuedesercambiada",
    "lacalificacionpuedecambiarse", "anotapodeseralterada",
)  # fmt: skip
LAST_GRADED = (
    "lastmodifiedgrade", "zuletztgeandertbewertung", "dernieremodificationnote", "ultimamodificacioncalificacion",
    "ultimamodificacaonota", "ultimaatualizacaoavaliacao",
)  # fmt: skip
FEEDBACK = (
    "feedbackcomments", "feedbackalskommentar", "feedbackparcommentaires", "comentariosderetroalimentacion",
    "comentariosdelaretroalimentacion", "comentariosdefeedback",
)  # fmt: skip
NO = ("no", "nein", "non", "nao")
PARTICIPANT = ("participant", "teilnehmerin", "teilnehmer", "participante", "participantin")
"""What stands in place of names where Moodle hides them."""


def plain(text: str) -> str:
    """``text`` in lower case and plain letters, without spaces and punctuation."""
    return "".join(c for c in folded(text) if c.isalnum())
