"""The window's words in German; Blender's own terms as its German translation has them."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__all__ = ["GERMAN"]

GERMAN: dict[str, str] = {
    # the drawing
    "Drawing": "Zeichnung",
    "Source": "Quelle",
    "Where the drawing is": "Wo die Zeichnung ist",
    "Picture": "Bild",
    "A picture file with a drawn face": "Eine Bilddatei mit einem gezeichneten Gesicht",
    "Grease Pencil": "Grease Pencil",
    "Strokes drawn in Blender": "In Blender gezeichnete Striche",
    "Strokes": "Striche",
    "Grease Pencil object with a drawn face, read as its camera sees it": "Grease-Pencil-Objekt "
    "mit einem gezeichneten Gesicht, gelesen, wie seine Kamera es sieht",
    "Picture with a drawn face": "Bild mit einem gezeichneten Gesicht",
    "At Rest": "In Ruhe",
    "Picture of the same character at rest, by the same hand and from the same side: what is in it "
    "is no expression. It may stay empty": "Bild derselben Figur in Ruhe, von derselben Hand und "
    "von derselben Seite: Was darin ist, ist kein Ausdruck. Darf leer bleiben",
    "No picture": "Kein Bild",
    "Draw": "Zeichnen",
    "Take a pen: paper, a face camera and a Grease Pencil, or go on with the chosen drawing": "Zum "
    "Stift greifen: Papier, eine Kamera fürs Gesicht und ein Grease Pencil; oder an der gewählten "
    "Zeichnung weitermachen",
    "Detect": "Erkennen",
    "Read the facial expression of the drawing as Action Units": "Den Gesichtsausdruck der "
    "Zeichnung als Action Units lesen",
    "Correct Points": "Punkte berichtigen",
    "Drag the face's box and its points where the reading is off; Detect and Fit believe you": "Den "
    "Rahmen des Gesichts und seine Punkte ziehen, wo falsch gelesen wurde; Erkennen und Anpassen "
    "glauben dir",
    "Drag points and the box's corners · Shift: the whole feature · Ctrl click: let go · "
    "Wheel: zoom · Enter: keep · Esc: leave it as it was": "Punkte und Ecken des Rahmens ziehen · "
    "Umschalt: der ganze Gesichtsteil · Strg-Klick: loslassen · Mausrad: zoomen · Eingabe: "
    "behalten · Esc: lassen, wie es war",
    "Let Go of Points": "Punkte loslassen",
    "Let go of the box and the points that were set by hand; the next reading finds its own": "Den "
    "von Hand gesetzten Rahmen und die Punkte loslassen; das nächste Lesen findet eigene",
    "No box and no point of this drawing was set by hand": "In dieser Zeichnung sind weder Rahmen "
    "noch Punkte von Hand gesetzt",
    "Sketch Fit by Region": "Sketch Fit nach Bereichen",
    "Brows": "Brauen",
    "Eyes": "Augen",
    "Nose": "Nase",
    "Mouth": "Mund",
    "How much of Sketch Fit this part of the face wears: at 1 its lines lie on "
    "yours, at 0 it is as its blendshapes make it": "Wie viel von Sketch Fit dieser Teil des Gesichts "
    "trägt: Bei 1 liegen seine Linien auf deinen, bei 0 ist er, wie seine Blendshapes ihn machen",
    "Fit this head again to set its regions apart": "Diesen Kopf neu anpassen, um seine Bereiche "
    "einzeln zu regeln",
    "Fit": "Anpassen",
    "Pose a head like the drawing and lay its contours on the drawn lines": "Einem Kopf den "
    "Ausdruck der Zeichnung geben und seine Konturen auf die gezeichneten Linien legen",
    "Live": "Live",
    "Let the head follow the drawing: every finished stroke is fitted while you draw on": "Den Kopf "
    "der Zeichnung folgen lassen: Jeder fertige Strich wird angepasst, während man weiterzeichnet",
    "Waiting for a stroke": "Wartet auf einen Strich",
    "Reading the drawing …": "Liest die Zeichnung …",
    "Following …": "Folgt …",
    "Up to date": "Auf dem neuesten Stand",
    "The drawing has lost its orthographic camera": "Die Zeichnung hat keine orthografische Kamera "
    "mehr",
    "The head was deleted; the next stroke makes a new one": "Der Kopf wurde gelöscht; der nächste "
    "Strich macht einen neuen",
    "The head is being edited; leave its edit mode, then draw on": "Der Kopf wird bearbeitet; erst "
    "den Bearbeitungsmodus verlassen, dann weiterzeichnen",
    # why buttons are grey
    "Drawing in Blender needs Blender 4.3 or later; give a picture": "Zeichnen in Blender braucht "
    "Blender 4.3 oder neuer; nimm ein Bild",
    "Choose a Grease Pencil object of this scene first, or press Draw": "Wähle erst ein "
    "Grease-Pencil-Objekt dieser Szene oder drücke Zeichnen",
    "Choose a Grease Pencil object that an orthographic camera sees, or press Draw": "Wähle ein "
    "Grease-Pencil-Objekt, das eine orthografische Kamera sieht, oder drücke Zeichnen",
    "Choose a picture of a drawn face first": "Wähle erst ein Bild eines gezeichneten Gesichts",
    "Choose your own mesh first, under Head": "Wähle erst dein eigenes Mesh, unter Kopf",
    "Choose a mesh with shape keys first": "Wähle erst ein Mesh mit Formschlüsseln",
    "Leave the edit or sculpt mode of the head first": "Verlasse erst den Bearbeitungs- oder "
    "Sculpt-Modus des Kopfes",
    "No Action Unit is pinned": "Keine Action Unit ist festgesteckt",
    "There is no row to remove": "Es gibt keine Zeile zum Entfernen",
    "Fit a head first, or choose your own mesh": "Passe erst einen Kopf an oder wähle dein eigenes "
    "Mesh",
    "Press Detect first, or choose a preset": "Drücke erst Erkennen oder wähle eine Vorlage",
    "No expression is kept in this file": "In dieser Datei ist kein Ausdruck aufbewahrt",
    "This mesh belongs to another file; make it local first": "Dieses Mesh gehört zu einer anderen "
    "Datei; mach es erst lokal",
    # the expression
    "Expression": "Ausdruck",
    "Press Detect or Fit to read the drawing": "Erkennen oder Anpassen liest die Zeichnung",
    "Action Unit": "Action Unit",
    "left": "links",
    "right": "rechts",
    "sure": "sicher",
    "set": "gesetzt",
    "FACS number": "FACS-Nummer",
    "Paired": "Paarig",
    "Whether each side of the face has its own value": "Ob jede Gesichtshälfte ihren eigenen Wert "
    "hat",
    "Intensity on the subject's left; set it to pin it, then press Fit": "Stärke auf der linken "
    "Seite der gezeichneten Person; setzen steckt sie fest, dann Anpassen drücken",
    "Intensity on the subject's right; set it to pin it, then press Fit": "Stärke auf der rechten "
    "Seite der gezeichneten Person; setzen steckt sie fest, dann Anpassen drücken",
    "Probability": "Wahrscheinlichkeit",
    "How sure it is that this is there": "Wie sicher es ist, dass dies da ist",
    "Unsure": "Unsicher",
    "The drawing says too little about this": "Die Zeichnung sagt zu wenig darüber",
    "Pin": "Feststecken",
    "Keep these values: Detect leaves them alone, and a fitted head wears them": "Diese Werte "
    "behalten: Erkennen lässt sie in Ruhe, und ein angepasster Kopf trägt sie",
    "Solo": "Solo",
    "Show this and other soloed Action Units alone on the head, for a look; switched off, the head "
    "is as it was": "Nur diese und andere Solo-Action-Units am Kopf zeigen, zum Ansehen; "
    "ausgeschaltet ist der Kopf wie zuvor",
    "Row": "Zeile",
    "{percent} sure": "zu {percent} sicher",
    "set by hand": "von Hand gesetzt",
    "the drawing says too little": "die Zeichnung sagt zu wenig",
    "Only What Shows": "Nur Sichtbares",
    "Hide the Action Units that the drawing doesn't show": "Action Units verbergen, die die "
    "Zeichnung nicht zeigt",
    "Unpin All": "Alle lösen",
    "Let go of all values that were set by hand: the drawing decides again": "Alle von Hand "
    "gesetzten Werte loslassen: Die Zeichnung entscheidet wieder",
    "Presets": "Vorlagen",
    "Preset": "Vorlage",
    "Expression as FACS describes it": "Ausdruck, wie FACS ihn beschreibt",
    "Set the list to a well-known expression, all of it pinned, and put it on the head": "Die Liste "
    "auf einen bekannten Ausdruck setzen, alles festgesteckt, und ihn dem Kopf aufsetzen",
    "Neutral": "Neutral",
    "Happiness": "Freude",
    "Sadness": "Trauer",
    "Surprise": "Überraschung",
    "Fear": "Angst",
    "Anger": "Ärger",
    "Disgust": "Ekel",
    "Contempt": "Verachtung",
    "Set the list to neutral, as FACS describes it": "Die Liste auf neutral setzen",
    "Set the list to happiness, as FACS describes it": "Die Liste auf Freude setzen, wie FACS sie "
    "beschreibt",
    "Set the list to sadness, as FACS describes it": "Die Liste auf Trauer setzen, wie FACS sie "
    "beschreibt",
    "Set the list to surprise, as FACS describes it": "Die Liste auf Überraschung setzen, wie FACS "
    "sie beschreibt",
    "Set the list to fear, as FACS describes it": "Die Liste auf Angst setzen, wie FACS sie "
    "beschreibt",
    "Set the list to anger, as FACS describes it": "Die Liste auf Ärger setzen, wie FACS ihn "
    "beschreibt",
    "Set the list to disgust, as FACS describes it": "Die Liste auf Ekel setzen, wie FACS ihn "
    "beschreibt",
    "Set the list to contempt, as FACS describes it": "Die Liste auf Verachtung setzen, wie FACS "
    "sie beschreibt",
    "Put On": "Aufsetzen",
    "Put the listed expression on the head: its shape keys are set, nothing else": "Dem Kopf den "
    "Ausdruck der Liste aufsetzen: Seine Formschlüssel werden gesetzt, sonst nichts",
    # Action Units
    "Inner brow raiser": "Innere Braue heben",
    "Outer brow raiser": "Äußere Braue heben",
    "Brow lowerer": "Brauen zusammenziehen",
    "Upper lid raiser": "Oberlid heben",
    "Cheek raiser": "Wangen heben",
    "Lid tightener": "Lider spannen",
    "Nose wrinkler": "Nase rümpfen",
    "Upper lip raiser": "Oberlippe heben",
    "Lip corner puller": "Mundwinkel heben",
    "Dimpler": "Grübchen",
    "Lip corner depressor": "Mundwinkel senken",
    "Lower lip depressor": "Unterlippe senken",
    "Chin raiser": "Kinn heben",
    "Lip pucker": "Lippen spitzen",
    "Lip stretcher": "Lippen strecken",
    "Lip funneler": "Lippen trichtern",
    "Lip tightener": "Lippen straffen",
    "Lip pressor": "Lippen pressen",
    "Lips part": "Lippen öffnen",
    "Jaw drop": "Kiefer senken",
    "Lip suck": "Lippen einsaugen",
    "Jaw thrust": "Kiefer vorschieben",
    "Jaw sideways": "Kiefer seitwärts",
    "Cheek puff": "Wangen aufblasen",
    "Eyes closed": "Augen geschlossen",
    "Eyes turn left": "Blick nach links",
    "Eyes turn right": "Blick nach rechts",
    "Eyes up": "Blick nach oben",
    "Eyes down": "Blick nach unten",
    # the head
    "Head": "Kopf",
    "Target": "Ziel",
    "Which head wears the expression": "Welcher Kopf den Ausdruck trägt",
    "limner's Head": "limners Kopf",
    "A head that limner makes and fits to the lines": "Ein Kopf, den limner macht und an die Linien "
    "anpasst",
    "My Own Mesh": "Eigenes Mesh",
    "A mesh of yours: its shape keys get the expression": "Ein Mesh von dir: Seine Formschlüssel "
    "bekommen den Ausdruck",
    "The head that is fitted; more are made by `limner rig build`": "Der Kopf, der angepasst wird; "
    "weitere macht `limner rig build`",
    "Press Fit to make a head, or select one": "Anpassen macht einen Kopf; oder wähle einen aus",
    "Sketch Fit": "Sketch Fit",
    "Lines": "Linien",
    "Show the drawn lines, the head's and the gap between them over camera views": "Die "
    "gezeichneten Linien, die des Kopfes und die Lücke dazwischen über Kameraansichten zeigen",
    "Heat": "Wärmebild",
    "Colour the head by how far Sketch Fit moves it: grey not at all, red 5 mm": "Den Kopf danach "
    "färben, wie weit Sketch Fit ihn bewegt: grau gar nicht, rot 5 mm",
    "Gap {before} → {after} of eye distance": "Lücke {before} → {after} des Augenabstands",
    "Gap by Feature": "Lücke nach Merkmal",
    "Sketch Fit moves the skin by up to {mm} mm": "Sketch Fit bewegt die Haut um bis zu {mm} mm",
    "on the line": "auf der Linie",
    "at the line": "an der Linie",
    "near": "nahe",
    "apart": "entfernt",
    "Brow": "Braue",
    "Upper lid": "Oberlid",
    "Lower lid": "Unterlid",
    "Lid crease": "Lidfalte",
    "Iris": "Iris",
    "Nose bridge": "Nasenrücken",
    "Nose tip": "Nasenspitze",
    "Nostril": "Nasenflügel",
    "Cheek fold": "Wangenfalte",
    "Upper lip's edge": "Rand der Oberlippe",
    "Upper lip's inside": "Oberlippe innen",
    "Lower lip's inside": "Unterlippe innen",
    "Lower lip's edge": "Rand der Unterlippe",
    "Groove above the lip": "Rinne über der Lippe",
    "Fold above the chin": "Kinnfalte",
    "Jaw": "Kiefer",
    "Ear": "Ohr",
    "Forehead crease": "Stirnfalte",
    "Crease between the brows": "Zornesfalte",
    "Crow's feet": "Krähenfüße",
    # my own mesh
    "Mesh": "Mesh",
    "Mesh with shape keys that wears the expression": "Mesh mit Formschlüsseln, das den Ausdruck "
    "trägt",
    "No names that limner knows": "Keine Namen, die limner kennt",
    "Unknown Names": "Unbekannte Namen",
    "Names": "Namen",
    "Whose names the shape keys bear": "Wessen Namen die Formschlüssel tragen",
    "Teeth and Lashes Too": "Auch Zähne und Wimpern",
    "Drive shape keys of the same names on meshes with the same parent as well": "Auch "
    "gleichnamige Formschlüssel von Meshes mit demselben übergeordneten Objekt setzen",
    "Shape Keys": "Formschlüssel",
    "Shape Key": "Formschlüssel",
    "Shape key of the mesh that is driven": "Formschlüssel des Meshes, der gesetzt wird",
    "Driven By": "Gesteuert von",
    "ARKit shape or Action Unit that drives the shape key": "ARKit-Form oder Action Unit, die den "
    "Formschlüssel steuert",
    "Factor": "Faktor",
    "Value of the shape key where what drives it is at full strength; below 0 it holds back what "
    "other rows call for": "Wert des Formschlüssels, wenn das Steuernde voll da ist; unter 0 hält "
    "er zurück, was andere Zeilen verlangen",
    "Read Names": "Namen lesen",
    "Read the names of the mesh's shape keys anew; rows set by hand are lost": "Die Namen der "
    "Formschlüssel neu lesen; von Hand gesetzte Zeilen gehen verloren",
    "Add Row": "Zeile hinzufügen",
    "Add a row: a shape key, and what drives it": "Eine Zeile hinzufügen: ein Formschlüssel und was "
    "ihn steuert",
    "Remove Row": "Zeile entfernen",
    "Remove the row: nothing drives this shape key any more": "Die Zeile entfernen: Nichts steuert "
    "diesen Formschlüssel mehr",
    # keep
    "Keep": "Aufbewahren",
    "Name": "Name",
    "As Shape Key": "Als Formschlüssel",
    "Keep all that the head wears as one new shape key; what it wears now stays on": "Alles, was "
    "der Kopf trägt, als einen neuen Formschlüssel aufbewahren; was er trägt, bleibt",
    "Name of the new shape key": "Name des neuen Formschlüssels",
    "As New Neutral": "Als neue Ruheform",
    "Make what the head wears its new neutral: all shape keys go to 0 and start from there": "Was "
    "der Kopf trägt, zur neuen Ruheform machen: Alle Formschlüssel gehen auf 0 und beginnen dort",
    "Keyframe": "Keyframe",
    "Insert keyframes of the whole expression at the current frame": "Keyframes des ganzen "
    "Ausdrucks beim aktuellen Frame einfügen",
    "As Asset": "Als Asset",
    "Asset": "Asset",
    "Name of the asset": "Name des Assets",
    "Keep the listed expression as an asset of this file; it can be put on any head": "Den Ausdruck "
    "als Asset dieser Datei aufbewahren; er passt auf jeden Kopf",
    "Kept Expressions": "Aufbewahrte Ausdrücke",
    "Put On Kept Expression": "Aufbewahrten Ausdruck aufsetzen",
    "Put a kept expression on the head": "Dem Kopf einen aufbewahrten Ausdruck aufsetzen",
    "Name of the kept expression": "Name des aufbewahrten Ausdrucks",
    "Export .glb": ".glb exportieren",
    "Write the head as .glb, with all its shape keys under their exact names": "Den Kopf als .glb "
    "schreiben, mit allen Formschlüsseln unter ihren genauen Namen",
    "File": "Datei",
    "The .glb that is written": "Die .glb-Datei, die geschrieben wird",
    "Folder": "Ordner",
    "Folder with drawings of faces": "Ordner mit Zeichnungen von Gesichtern",
    "Animate Folder": "Ordner animieren",
    "Read a folder of drawings and key their expressions on the head, one after the other": "Einen "
    "Ordner mit Zeichnungen lesen und ihre Ausdrücke nacheinander als Keyframes setzen",
    "Timing": "Zeitpunkte",
    "At which frame a drawing's key pose comes": "Bei welchem Frame eine Zeichnung kommt",
    "Evenly": "Gleichmäßig",
    "From the current frame on, so many frames apart": "Vom aktuellen Frame an, in diesem Abstand",
    "By Number": "Nach Nummer",
    "The last number in a file's name is its frame": "Die letzte Zahl im Dateinamen ist der Frame",
    "Frames Apart": "Abstand in Frames",
    "Frames from one key pose to the next": "Frames von einer Zeichnung zur nächsten",
    "Head Turn": "Kopfdrehung",
    "Key how the head is turned as well (heads made by limner only)": "Auch setzen, wie der Kopf "
    "gedreht ist (nur bei Köpfen von limner)",
    "Assets from Folder": "Assets aus Ordner",
    "Read a folder of drawings and keep each expression as an asset of this file": "Einen Ordner "
    "mit Zeichnungen lesen und jeden Ausdruck als Asset dieser Datei aufbewahren",
    "limner is at work; Esc ends it": "limner arbeitet; Esc bricht ab",
    "{doing} … Esc ends it": "{doing} … Esc bricht ab",
    "limner loads what it needs": "limner lädt, was es braucht",
    "limner reads the face": "limner liest das Gesicht",
    "limner fits the head": "limner passt den Kopf an",
    "limner lays the head's lines on yours": "limner legt die Linien des Kopfes auf deine",
    "limner reads drawing {read} of {all_of_them}; Esc ends it": "limner liest Zeichnung {read} von "
    "{all_of_them}; Esc bricht ab",
    # preferences
    "Rig Folder": "Rig-Ordner",
    "Folder with heads of your own, made by `limner rig build`; empty for the folder that the "
    "command line uses": "Ordner mit eigenen Köpfen, von `limner rig build` gemacht; leer für den "
    "Ordner, den die Befehlszeile nimmt",
    "Model Folder": "Modellordner",
    "Folder with other weights of the networks, made by `limner train`; empty for limner's own": "Ordner "
    "mit anderen Gewichten der Netze, von `limner train` gemacht; leer für limners eigene",
    "Threads": "Threads",
    "Processor cores that Live's process may use; one is enough for most heads": "Prozessorkerne, "
    "die Live benutzen darf; einer genügt für die meisten Köpfe",
    "Colour of the head's lines over the drawing": "Farbe der Linien des Kopfes",
    "Colour of the drawn lines that were read": "Farbe der gelesenen gezeichneten Linien",
    "Gap": "Lücke",
    "Colour of the marks where the lines part": "Farbe der Striche, wo sich die Linien trennen",
    "Show Log File": "Log-Datei zeigen",
    "Open the folder of limner's log file, to send it to whoever maintains limner": "Den Ordner mit limners Log-Datei öffnen, um sie den Entwicklern zu schicken",
    "Nothing went wrong so far: there is no log file": "Bisher ging nichts schief: Es gibt keine Log-Datei",
}
"""English text → what a German window shows."""
