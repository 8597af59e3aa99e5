// A schema with a property for each kind of quantity, and with what else a form has to obey.
const FORMATS = `
  <Format typeName="Sci" type="scientific" scientificType="normalized" precision="4" formatTraits="keepSingleZero|keepDecimalPoint|showUnitLabel"/>
  <Format typeName="SciZero" type="scientific" scientificType="zeroNormalized" precision="3" formatTraits="keepSingleZero|showUnitLabel"/>
  <Format typeName="Signed" type="decimal" precision="2" showSignOption="signAlways" formatTraits="trailZeroes|showUnitLabel"/>
  <Format typeName="Brackets" type="decimal" precision="2" showSignOption="negativeParentheses" formatTraits="trailZeroes|showUnitLabel"/>
  <Format typeName="Thousands" type="decimal" precision="1" formatTraits="use1000Separator|showUnitLabel"/>
  <Format typeName="Rounded" type="decimal" precision="3" roundFactor="0.5" formatTraits="applyRounding|showUnitLabel"/>
  <Format typeName="FeetDash" type="fractional" precision="16" uomSeparator="" formatTraits="keepSingleZero|fractionDash|showUnitLabel">
    <Composite spacer="-"><Unit label="'">u:FT</Unit><Unit label="&quot;">u:IN</Unit></Composite>
  </Format>
  <Format typeName="Metres3" type="decimal" precision="1" formatTraits="showUnitLabel">
    <Composite><Unit>u:M</Unit><Unit>u:CM</Unit><Unit>u:MM</Unit></Composite>
  </Format>`;

/** Kinds of quantity: name, unit of what is stored, presentations. */
export const KINDS = [
  ["Length", "u:M", "f:DefaultRealU(4)[u:M];f:DefaultRealU(2)[u:FT];f:AmerFI;f:AmerI;f:DefaultRealU(1)[u:MM];f:DefaultRealU(3)[u:US_SURVEY_FT]"],
  ["LengthMore", "u:M", "FeetDash;Metres3;f:Fractional[u:IN|in];Thousands[u:MM];Signed[u:M];Brackets[u:FT];Rounded[u:M];Sci[u:KM];SciZero[u:MM]"],
  ["LengthFeet", "u:FT", "f:DefaultRealU(6)[u:FT|feet];f:DefaultRealU(6)[u:M|metre]"],
  ["Station", "u:M", "f:StationZ_1000_3[u:M];f:StationZ_100_2[u:FT]"],
  ["Angle", "u:RAD", "f:DefaultRealU(4)[u:ARC_DEG];f:AngleDMS;f:DefaultRealU(6)[u:RAD];f:DefaultRealUNS(3)[u:GRAD]"],
  ["Temperature", "u:K", "f:DefaultRealU(2)[u:CELSIUS];f:DefaultRealU(2)[u:FAHRENHEIT];f:DefaultRealU(2)[u:K|K]"],
  ["TemperatureCelsius", "u:CELSIUS", "f:DefaultRealU(2)[u:FAHRENHEIT]"],
  ["Area", "u:SQ_M", "f:DefaultRealU(4)[u:SQ_M];f:DefaultRealU(2)[u:SQ_FT];f:DefaultRealU(6)[u:ACRE]"],
  ["Velocity", "u:M_PER_SEC", "f:DefaultRealU(2)[u:KM_PER_HR];f:DefaultRealU(2)[u:MPH];f:DefaultRealU(4)[u:M_PER_SEC]"],
  ["Pressure", "u:PA", "f:DefaultRealU(3)[u:KILOPASCAL];f:DefaultRealU(3)[u:PSI];f:DefaultRealU(3)[u:PSF]"],
  ["Slope", "u:M_PER_M", "f:DefaultRealU(3)[u:PERCENT_SLOPE];f:DefaultRealU(3)[u:VERTICAL_PER_HORIZONTAL];f:DefaultRealU(3)[u:HORIZONTAL_PER_VERTICAL|1:n]"],
  ["Mass", "u:KG", "f:DefaultRealU(3)[u:KG];f:DefaultRealU(3)[u:LBM];f:DefaultRealU(3)[u:MEGAGRAM];f:DefaultRealU(3)[u:MG]"],
  ["Time", "u:S", "f:HMS;f:DefaultRealU(2)[u:MIN]"],
  ["Ratio", "u:DECIMAL_PERCENT", "f:DefaultReal(3)[u:DECIMAL_PERCENT];f:DefaultRealU(2)[u:PERCENT]"],
  ["Bare", "u:M", ""],
  ["Energy", "u:J", "f:DefaultRealU(4)[u:KJ];f:DefaultRealU(4)[u:BTU]"],
];

const escaped = (text) => text.replaceAll('"', "&quot;");
const property = (name, type, more = "") => `<ECProperty propertyName="${name}" typeName="${type}" ${more}/>`;
const dated = (name, kind) => `<ECProperty propertyName="${name}" typeName="dateTime"><ECCustomAttributes>
  <DateTimeInfo xmlns="CoreCustomAttributes.01.00.00"><DateTimeKind>${kind}</DateTimeKind></DateTimeInfo></ECCustomAttributes></ECProperty>`;

export const SCHEMA = `<?xml version="1.0" encoding="utf-8"?>
<ECSchema schemaName="QuantityTest" alias="qt" version="01.00.00" xmlns="http://www.bentley.com/schemas/Bentley.ECXML.3.2">
  <ECSchemaReference name="BisCore" version="01.00.00" alias="bis"/>
  <ECSchemaReference name="CoreCustomAttributes" version="01.00.00" alias="CoreCA"/>
  <ECSchemaReference name="Units" version="01.00.00" alias="u"/>
  <ECSchemaReference name="Formats" version="01.00.00" alias="f"/>${FORMATS}
  ${KINDS.map(([name, unit, shown]) => `<KindOfQuantity typeName="${name}" displayLabel="${name}" persistenceUnit="${unit}" ${shown === "" ? "" : `presentationUnits="${escaped(shown)}"`} relativeError="0.0001"/>`).join("\n  ")}
  <ECEnumeration typeName="Loose" backingTypeName="int" isStrict="false">
    <ECEnumerator name="Low" value="1" displayLabel="Low one"/><ECEnumerator name="High" value="9" displayLabel="High one"/>
  </ECEnumeration>
  <ECStructClass typeName="Size">
    ${property("Width", "double", 'kindOfQuantity="Length"')}${property("Note", "string", 'maximumLength="5"')}
  </ECStructClass>
  <ECEntityClass typeName="Gauge">
    <BaseClass>bis:DefinitionElement</BaseClass>
    ${KINDS.map(([name]) => property(`The${name}`, "double", `kindOfQuantity="${name}"`)).join("\n    ")}
    ${property("Count", "int", 'kindOfQuantity="Time"')}
    ${property("At", "point3d", 'kindOfQuantity="Length"')}
    ${property("On", "point2d", 'kindOfQuantity="LengthFeet"')}
    <ECArrayProperty propertyName="Lengths" typeName="double" kindOfQuantity="Length" minOccurs="0" maxOccurs="4"/>
    <ECArrayProperty propertyName="Path" typeName="point3d" kindOfQuantity="Length" minOccurs="0" maxOccurs="unbounded"/>
    <ECStructProperty propertyName="Size" typeName="Size"/>
    <ECStructArrayProperty propertyName="Sizes" typeName="Size" minOccurs="0" maxOccurs="unbounded"/>
    ${property("Short", "string", 'minimumLength="2" maximumLength="5"')}
    ${property("Some", "int", 'minimumValue="-3" maximumValue="12"')}
    ${property("Half", "double", 'minimumValue="0" maximumValue="0.5"')}
    ${property("Kind", "Loose")}
    ${property("Fixed", "string", 'readOnly="true"')}
    ${dated("Here", "Local")}${dated("There", "Utc")}
    ${property("Any", "dateTime")}
    ${property("Form", "Bentley.Geometry.Common.IGeometry")}
  </ECEntityClass>
</ECSchema>`;
